import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join as path } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/convert/checkpoint.ts";
import { convertDirectory } from "../../src/convert/index.ts";
import { ElectraEdgeError } from "../../src/errors.ts";
import { parseModelFile } from "../../src/model/file/model-file.ts";
import { checkpointCopy, readSafetensors, TORCH, temporaryDirectory } from "../convert/directories.ts";
import { smallStream, smallZip, zip } from "./assemble.ts";

/*
 * Whatever happens to a file's bytes, the outcome is a value or a typed error: never another exception, never a
 * process that dies, never an allocation that the file's own size doesn't cover.
 */

const assertTyped = (error: unknown, where: string) =>
  assert(error instanceof ElectraEdgeError, `${where}: ${(error as Error)?.stack ?? error}`);

/** Turns one bit over in every byte, a different one from byte to byte. */
function* flips(bytes: Uint8Array): Generator<[where: string, Uint8Array]> {
  for (let i = 0; i < bytes.length; i++) {
    const damaged = Uint8Array.from(bytes);
    damaged[i]! ^= 1 << ((i * 5) % 8);
    yield [`bit ${(i * 5) % 8} of byte ${i}`, damaged];
    damaged[i] = 0xff;
    yield [`0xff at byte ${i}`, damaged];
  }
}

test("a model file, cut off at every byte or with any byte damaged", async (t) => {
  const out = path(await temporaryDirectory(t), "m");
  await convertDirectory(
    await checkpointCopy(t, TORCH, { "pytorch_model.bin": await readFile(`${TORCH}half.bin`) }),
    out,
  );
  const whole = await readFile(out);
  const parse = (bytes: Uint8Array) => parseModelFile(readSafetensors(bytes), "m");
  parse(whole);
  const header = whole.readUInt32LE(0) + 8;

  for (let length = 0; length < whole.length; length++) {
    assert.throws(
      () => parse(whole.subarray(0, length)),
      (error) => {
        assertTyped(error, `cut to ${length}`);
        return true;
      },
    );
  }
  for (const [where, damaged] of flips(whole.subarray(0, header))) {
    const bytes = Uint8Array.from(whole);
    bytes.set(damaged);
    try {
      parse(bytes);
    } catch (error) {
      assertTyped(error, where);
    }
  }
});

for (const [form, bytes] of [
  ["zip", zip(smallZip())],
  ["stream", smallStream()],
] as const) {
  test(`torch's ${form}, cut off at every byte or with any byte damaged`, async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path(directory, "pytorch_model.bin");
    const read = async (content: Uint8Array) => {
      await writeFile(file, content);
      const { tensors, close } = await openCheckpoint(directory);
      try {
        for (const tensor of tensors.values()) assert((await tensor.read()).length <= content.length);
      } finally {
        await close();
      }
    };
    await read(bytes);
    for (let length = 0; length < bytes.length; length++) {
      await assert.rejects(read(bytes.subarray(0, length)), (error) => {
        assertTyped(error, `cut to ${length}`);
        return true;
      });
    }
    for (const [where, damaged] of flips(bytes))
      await read(damaged).catch((error) => assertTyped(error, where));
  });
}

test("a damaged checkpoint leaves nothing behind", async (t) => {
  const bytes = await readFile(`${TORCH}zip.bin`);
  const directory = await checkpointCopy(t, TORCH);
  const target = await temporaryDirectory(t);
  for (let i = 0; i < bytes.length; i += 97) {
    await writeFile(path(directory, "pytorch_model.bin"), bytes.subarray(0, i));
    await assert.rejects(convertDirectory(directory, path(target, "m")), (error) => {
      assertTyped(error, `cut to ${i}`);
      return true;
    });
  }
  assert.deepEqual(await readdir(target), []);
});
