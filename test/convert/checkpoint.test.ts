import assert from "node:assert/strict";
import { mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openCheckpoint } from "../../src/convert/checkpoint.ts";
import { serializeSafetensors } from "../../src/model/file/safetensors-writer.ts";
import { failure, TORCH, temporaryDirectory } from "./directories.ts";

const shard = (...names: string[]) =>
  Buffer.concat([
    ...serializeSafetensors(
      {},
      names.map((name) => ({ name, dtype: "U8", shape: [1], data: Uint8Array.of(name.charCodeAt(0)) })),
    ),
  ]);

async function directory(t: TestContext, files: Record<string, Uint8Array | object>): Promise<string> {
  const path = await temporaryDirectory(t);
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(path, name), content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  return path;
}

/** Each tensor's name with the character its one byte is. */
async function contents(path: string): Promise<Record<string, string>> {
  const { tensors, close } = await openCheckpoint(path);
  const entries: [string, string][] = [];
  for (const [name, tensor] of tensors) entries.push([name, String.fromCharCode(...(await tensor.read()))]);
  await close();
  return Object.fromEntries(entries);
}

const INDEX = "model.safetensors.index.json";
const map = (weight_map: unknown) => ({ metadata: { total_size: 2 }, weight_map });

test("an index of shards", async (t) => {
  const files = { "one.safetensors": shard("a", "c"), "two.safetensors": shard("b") };
  const path = await directory(t, {
    ...files,
    [INDEX]: map({ a: "one.safetensors", b: "two.safetensors", c: "one.safetensors" }),
  });
  assert.deepEqual(await contents(path), { a: "a", c: "c", b: "b" });
});

test("an index of torch's shards", async (t) => {
  const bin = await readFile(join(TORCH, "stream.bin"));
  const { tensors, close } = await openCheckpoint(await directory(t, { "pytorch_model.bin": bin }));
  const names = [...tensors.keys()];
  await close();
  const weights = Object.fromEntries(names.map((name) => [name, "part.bin"]));
  const sharded = await directory(t, { "part.bin": bin, "pytorch_model.bin.index.json": map(weights) });
  const checkpoint = await openCheckpoint(sharded);
  assert.deepEqual([...checkpoint.tensors.keys()], names);
  await checkpoint.close();
});

test("one file comes before an index, safetensors before torch's", async (t) => {
  const path = await directory(t, { "one.safetensors": shard("a"), [INDEX]: map({ a: "one.safetensors" }) });
  await writeFile(join(path, "pytorch_model.bin"), "not read");
  assert.deepEqual(await contents(path), { a: "a" });
  await writeFile(join(path, "model.safetensors"), shard("b"));
  assert.deepEqual(await contents(path), { b: "b" });
});

test("an index that names files elsewhere, or nothing of use", async (t) => {
  const path = await directory(t, { "one.safetensors": shard("a") });
  const refuses = async (index: object, code: string, ...parts: string[]) => {
    await writeFile(join(path, INDEX), JSON.stringify(index));
    await assert.rejects(openCheckpoint(path), failure(code, ...parts));
  };
  for (const name of ["../one.safetensors", "/etc/passwd", "a/b", "a\\b", "..", ".", "", "x\0"]) {
    await refuses(map({ a: name }), "checkpoint-malformed", INDEX, JSON.stringify(name));
  }
  for (const weights of [undefined, null, [], 5, {}])
    await refuses(map(weights), "checkpoint-malformed", "weight_map");
  await refuses(map({ a: 5 }), "checkpoint-malformed", '"a"');
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`t${i}`, `f${i}`]));
  await refuses(map(many), "checkpoint-malformed", "1001");
  await refuses(map({ a: "one.safetensors", b: "two.safetensors" }), "file-missing", "two.safetensors");
  await refuses(
    map({ a: "one.safetensors", b: "one.safetensors" }),
    "tensor-missing",
    "one.safetensors",
    '"b"',
  );
  await writeFile(join(path, "two.safetensors"), shard("a", "b"));
  await refuses(
    map({ a: "one.safetensors", b: "two.safetensors" }),
    "checkpoint-malformed",
    "two.safetensors",
    '"a"',
  );
});

test("weights that are missing, a folder, or cut off", async (t) => {
  const path = await temporaryDirectory(t);
  await assert.rejects(
    openCheckpoint(path),
    failure("file-missing", "model.safetensors", "pytorch_model.bin.index.json"),
  );
  await mkdir(join(path, "model.safetensors"));
  await assert.rejects(openCheckpoint(path), failure("unreadable", "model.safetensors"));
  await rm(join(path, "model.safetensors"), { recursive: true });

  const whole = shard("a", "b");
  for (let length = 0; length < whole.length; length++) {
    await writeFile(join(path, "model.safetensors"), whole.subarray(0, length));
    await assert.rejects(openCheckpoint(path), failure("truncated", "model.safetensors"));
  }
  await writeFile(join(path, "model.safetensors"), Buffer.concat([whole, whole]));
  await assert.rejects(openCheckpoint(path), failure("trailing-bytes", "model.safetensors"));
});

test("a file that shrinks while it is open", async (t) => {
  const path = await directory(t, { "model.safetensors": shard("a", "b") });
  const { tensors, close } = await openCheckpoint(path);
  await truncate(join(path, "model.safetensors"), 20);
  await assert.rejects(tensors.get("b")!.read(), failure("checkpoint-malformed", "model.safetensors"));
  await close();
});
