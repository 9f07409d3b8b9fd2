import assert from "node:assert/strict";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type PipelineOptions, pipeline } from "../../src/index.node.ts";
import { randomModel } from "../model/random-model.ts";
import { chunked, modelBytes } from "./loading.ts";

const load = (source: Parameters<typeof pipeline>[1], options: PipelineOptions) =>
  pipeline("token-classification", source, options);

/** A stream that gives `head` and then neither more nor an end. */
function stuck(head: Uint8Array) {
  const source = { cancelled: undefined as unknown };
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(head),
    cancel: (reason) => {
      source.cancelled = reason ?? "no reason";
      return new Promise(() => {});
    },
  });
  return Object.assign(source, { stream });
}

describe("a signal given for loading", () => {
  test("that has aborted already opens nothing", async () => {
    const { stream } = chunked(100);
    const reason = new Error("not today");
    await assert.rejects(load(stream, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
    assert.ok(!stream.locked);
    await assert.rejects(load("none.safetensors", { signal: AbortSignal.abort() }), { name: "AbortError" });
  });

  test("stops a stream that gives no more bytes, in its header or after it, and cancels it", async () => {
    for (const length of [0, 4, 100, modelBytes.length - 1]) {
      const source = stuck(modelBytes.slice(0, length));
      const abort = new AbortController();
      const loading = load(source.stream, { signal: abort.signal, integrity: "0".repeat(64) });
      const reason = { because: length };
      setTimeout(() => abort.abort(reason), 5);
      await assert.rejects(loading, (error) => error === reason);
      assert.notEqual(source.cancelled, undefined);
    }
  });

  test("stops in between two tensors, and onProgress hears no more", async () => {
    const source = chunked(100);
    const abort = new AbortController();
    let calls = 0;
    const onProgress = () => {
      if (++calls === 3) abort.abort();
    };
    await assert.rejects(load(source.stream, { signal: abort.signal, onProgress }), { name: "AbortError" });
    assert.equal(calls, 3);
    assert.notEqual(source.cancelled, undefined);
    assert.ok(source.pulled < modelBytes.length);
  });

  test("stops a fetch before and after the server has answered, and the connection closes", async () => {
    const closed: string[] = [];
    const server = createServer((request, response) => {
      response.on("close", () => closed.push(request.url!));
      if (request.url === "/slow") response.write(modelBytes.subarray(0, 200));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (const url of ["/silent", "/slow"]) {
        const signal = AbortSignal.timeout(50);
        await assert.rejects(load(`${origin}${url}`, { signal }), (error) => error === signal.reason);
        while (!closed.includes(url)) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test("gives a file's handle back, as every other end of loading does", async (t) => {
    if (!existsSync("/proc/self/fd")) return t.skip("counts open handles in /proc, which is not here");
    const folder = await realpath(await mkdtemp(join(tmpdir(), "electra-edge-")));
    const openFiles = () =>
      readdirSync("/proc/self/fd").filter((fd) => {
        const link = `/proc/self/fd/${fd}`;
        return existsSync(link) && readlinkSync(link).startsWith(folder);
      }).length;
    try {
      const path = join(folder, "model.safetensors");
      await writeFile(path, randomModel({ config: { intermediate_size: 40_000 } }));
      let seen = 0;
      const look = () => {
        seen = openFiles();
      };
      await load(path, { onProgress: look });
      assert.equal(seen, 1, "the handle is seen while it is open");
      assert.equal(openFiles(), 0);

      const abort = new AbortController();
      const loading = load(path, { signal: abort.signal, onProgress: () => abort.abort() });
      await assert.rejects(loading, { name: "AbortError" });
      assert.equal(openFiles(), 0);

      const soon = new AbortController();
      setImmediate(() => soon.abort());
      await assert.rejects(load(path, { signal: soon.signal }), { name: "AbortError" });
      assert.equal(openFiles(), 0);

      await assert.rejects(load(path, { integrity: "0".repeat(64) }), { code: "integrity" });
      await assert.rejects(load(folder, {}), { code: "unreadable" });
      assert.equal(openFiles(), 0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("is not listened to once the model is there, and doesn't become the calls'", async () => {
    const abort = new AbortController();
    const listeners = new Set<unknown>();
    const { signal } = abort;
    const [add, remove] = [signal.addEventListener, signal.removeEventListener];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners.add(args[1]);
      add.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners.delete(args[1]);
      remove.apply(signal, args);
    };
    const tag = await load(modelBytes, { signal });
    assert.equal(listeners.size, 0);
    abort.abort();
    assert.ok(await tag("张三"));
  });

  test("must be one", async () => {
    for (const signal of [null, {}, new AbortController()]) {
      await assert.rejects(load(modelBytes, { signal: signal as AbortSignal }), {
        code: "bad-option",
        message: /signal must be an AbortSignal/,
      });
    }
  });
});

describe("a signal given for a call", () => {
  test("rejects what has not begun, and the rest goes on", async () => {
    const tag = await load(modelBytes, {});
    const expected = await tag("abc 张三");
    const abort = new AbortController();
    const reason = new Error("typed on");
    const { signal } = abort;
    const queued = Array.from({ length: 50 }, () => tag("a".repeat(38), { signal }));
    const other = tag("abc 张三");
    const batch = tag(Array(50).fill("a".repeat(38)), { signal });
    setTimeout(() => abort.abort(reason));
    const results = await Promise.allSettled([...queued, batch]);
    assert.deepEqual(results.at(-1), { status: "rejected", reason });
    const rejected = results.filter((result) => result.status === "rejected");
    assert.ok(rejected.every((result) => result.reason === reason));
    assert.ok(rejected.length > 1, "what was queued did not all run first");
    assert.deepEqual(await other, expected);
    assert.deepEqual(await tag("abc 张三"), expected);
  });

  test("that has aborted already runs nothing", async () => {
    const tag = await load(modelBytes, {});
    const signal = AbortSignal.abort();
    for (const text of ["abc", ["abc"], [] as string[]]) {
      await assert.rejects(tag(text as string, { signal }), { name: "AbortError" });
    }
    await assert.rejects(tag("abc", { signal: {} as AbortSignal }), { code: "bad-option" });
  });
});
