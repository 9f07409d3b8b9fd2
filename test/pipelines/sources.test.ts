import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { InputError, type ModelFileError, type ModelSource, pipeline } from "../../src/index.node.ts";
import { randomModel } from "../model/random-model.ts";

const bytes = randomModel();
const load = (source: ModelSource) => pipeline("token-classification", source);

function chunked(size: number, content = bytes): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= content.length) return controller.close();
      controller.enqueue(content.slice(at, at + size));
      at += size;
    },
  });
}

describe("a model's source", () => {
  let folder: string;
  let path: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
    path = join(folder, "model.safetensors");
    await writeFile(path, bytes);
  });
  after(() => rm(folder, { recursive: true }));

  test("may be a path, a file URL, bytes, a stream, a Response or an object with a body", async () => {
    const sources: ModelSource[] = [
      path,
      pathToFileURL(path),
      pathToFileURL(path).href,
      bytes,
      bytes.slice().buffer,
      chunked(1),
      chunked(1000),
      chunked(bytes.length),
      new Response(bytes),
      { body: chunked(777) },
    ];
    const expected = await (await load(bytes))("张三 abc", { ignore_labels: [] });
    assert.ok(expected.length > 0);
    for (const source of sources) {
      const tag = await load(source);
      assert.deepEqual(await tag("张三 abc", { ignore_labels: [] }), expected);
      tag.dispose();
    }
  });

  test("may be a URL on a server, whose errors name the URL and the status", async () => {
    const server = createServer((request, response) => {
      if (request.url === "/model") response.end(bytes);
      else if (request.url === "/short") response.end(bytes.subarray(0, 5000));
      else response.writeHead(404).end("nothing here");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      assert.equal((await load(`${origin}/model`)).maxTokens, 40);
      assert.equal((await load(new URL(`${origin}/model`))).maxTokens, 40);
      await assert.rejects(load(`${origin}/lost`), (error: ModelFileError) => {
        assert.equal(error.code, "unreadable");
        assert.match(error.message, /\/lost: the server answered 404/);
        return true;
      });
      await assert.rejects(load(`${origin}/short`), { code: "truncated" });
    } finally {
      server.close();
    }
    await assert.rejects(load(`${origin}/model`), { code: "unreadable" });
  });

  test("that is not there, or not a file, is named", async () => {
    await assert.rejects(load(join(folder, "none.safetensors")), { code: "unreadable", message: /ENOENT/ });
    await assert.rejects(load(folder), { code: "unreadable", message: /is not a file/ });
  });

  test("that is an id of the Hub gets told how to convert", async () => {
    await assert.rejects(load("hfl/chinese-electra-180g-small-discriminator"), (error: InputError) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /electra-edge convert/);
      return true;
    });
  });

  test("that is nothing of the kind is refused", async () => {
    for (const source of [null, undefined, 7, {}, { body: null }, new Response(null)]) {
      await assert.rejects(load(source as unknown as ModelSource), (error: Error & { code: string }) => {
        return ["bad-option", "unreadable"].includes(error.code);
      });
    }
    const response = new Response(bytes);
    await response.arrayBuffer();
    await assert.rejects(load(response), { code: "unreadable" });
  });

  test("that breaks off is named, wherever it breaks", async () => {
    for (const length of [0, 1, 7, 8, 9, 100, bytes.length - 1]) {
      await assert.rejects(load(bytes.subarray(0, length)), { code: "truncated" }, `${length} bytes`);
      await assert.rejects(load(chunked(512, bytes.subarray(0, length))), { code: "truncated" });
    }
    const failing = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes.slice(0, 100)),
      pull: () => Promise.reject(new Error("cable cut")),
    });
    await assert.rejects(load(failing), { code: "unreadable", message: /cable cut/ });
    const text = new ReadableStream({ start: (controller) => controller.enqueue("text") });
    await assert.rejects(load(text), { code: "unreadable", message: /must yield Uint8Array/ });
  });

  test("with bytes after its end is refused", async () => {
    const longer = Buffer.concat([bytes, Buffer.from([0])]);
    await assert.rejects(load(longer), { code: "trailing-bytes" });
    await assert.rejects(load(chunked(512, longer)), { code: "trailing-bytes" });
  });
});
