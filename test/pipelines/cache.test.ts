import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import * as browser from "../../src/index.browser.ts";
import * as node from "../../src/index.node.ts";
import { modelBytes } from "./loading.ts";

// What real caches do is tested in Chromium (test/runtimes/browser-cache.test.ts); here are the ways in which they fail.

type FakeCache = Pick<Cache, "match" | "put" | "delete">;

const EMPTY: FakeCache = {
  match: async () => undefined,
  put: async (_, response) => void (await response.arrayBuffer()),
  delete: async () => false,
};

const refuse = (name: string) => () => Promise.reject(new DOMException("not here", name));

describe("a cache", () => {
  let [url, fetched] = ["", 0];
  const server = createServer((_, response) => {
    fetched++;
    response.end(modelBytes);
  });
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    Reflect.deleteProperty(globalThis, "caches");
  });
  beforeEach(() => {
    fetched = 0;
  });

  const provide = (caches: unknown) =>
    Object.defineProperty(globalThis, "caches", { value: caches, configurable: true });
  const load = (source: Parameters<typeof browser.pipeline>[1] = url) =>
    browser.pipeline("token-classification", source, { cache: true });

  const failures: Record<string, unknown> = {
    "that does not exist": undefined,
    "that may not be opened": { open: refuse("SecurityError") },
    "that may not be spoken of": {
      open: () => {
        throw new DOMException("no", "SecurityError");
      },
    },
    "that can't be searched": { open: async () => ({ ...EMPTY, match: refuse("UnknownError") }) },
    "that takes nothing": { open: async () => ({ ...EMPTY, put: refuse("QuotaExceededError") }) },
    "that is full halfway": {
      open: async () => ({
        ...EMPTY,
        async put(_: string, response: Response) {
          const reader = response.body!.getReader();
          await reader.read();
          throw new DOMException("full", "QuotaExceededError");
        },
      }),
    },
    "that gives up late, having read nothing": {
      open: async () => ({ ...EMPTY, put: () => delay(20).then(refuse("QuotaExceededError")) }),
    },
    "whose damaged copy can't be taken away": {
      open: async () => ({
        ...EMPTY,
        match: async () => new Response("damaged"),
        delete: refuse("UnknownError"),
      }),
    },
    "whose copy can't be read": {
      open: async () => ({
        ...EMPTY,
        match: async () =>
          new Response(new ReadableStream({ pull: () => Promise.reject(new Error("disk")) })),
      }),
    },
  };
  for (const [what, caches] of Object.entries(failures)) {
    test(`${what} is done without`, async () => {
      provide(caches);
      assert.equal((await load()).maxTokens, 40);
      assert.equal(fetched, 1);
    });
  }

  test("has stored the model before it is handed out", async () => {
    let stored = false;
    const put = async (_: unknown, response: Response) => {
      const bytes = new Uint8Array(await response.arrayBuffer());
      await delay(20);
      stored = Buffer.from(bytes).equals(modelBytes);
    };
    provide({ open: async () => ({ ...EMPTY, put }) });
    await load();
    assert.ok(stored);
  });

  test("keeps only what comes from the web", async () => {
    const put = () => assert.fail("nothing is to be kept");
    provide({ open: async () => ({ ...EMPTY, put }) });
    const dataUrl = `data:application/octet-stream;base64,${Buffer.from(modelBytes).toString("base64")}`;
    assert.equal((await load(dataUrl)).maxTokens, 40);
    for (const source of [modelBytes, new Response(modelBytes), new Blob([modelBytes]).stream()]) {
      await assert.rejects(load(source), {
        name: "InputError",
        code: "bad-option",
        message: /cache needs.*URL/,
      });
    }
    await assert.rejects(load("google/electra-small-discriminator"), { message: /electra-edge convert/ });
    await assert.rejects(load("http://["), { code: "unreadable", message: /http:\/\/\[/ });
  });

  test("is asked for by true or a name, and only where there can be one", async () => {
    for (const cache of ["", 1, null, {}] as string[]) {
      const loading = browser.pipeline("token-classification", url, { cache });
      await assert.rejects(loading, { code: "bad-option", message: /cache must be true, false or a name/ });
    }
    const loading = node.pipeline("token-classification", url, { cache: true });
    await assert.rejects(loading, { code: "bad-option", message: /cache is for browsers/ });
    assert.ok(await node.pipeline("token-classification", url, { cache: false }));
    assert.equal(fetched, 1);
  });
});
