import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { randomModel } from "../model/random-model.ts";
import { withBrowserPage } from "./browser-page.ts";
import { held, type LoadingOptions, load } from "./caching-page.ts";

const first = randomModel({ config: { intermediate_size: 8000 } });
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const FIRST = { "electra-edge": [first.length] };
const NOTHING = { "electra-edge": [] };

test("a browser keeps a model in its cache", async (t) => {
  let answer = (response: ServerResponse) => void response.end(first);
  const routes = { "/model": (_: unknown, response: ServerResponse) => answer(response) };
  await withBrowserPage(t, { routes }, async ({ browser, page, origin, requested }) => {
    const url = `${origin}/model`;
    const fetches = () => requested.filter((path) => path === "/model").length;
    /** Runs a case and tells how often the server was asked for the model. */
    const counted = async (options: LoadingOptions = { cache: true }) => {
      const before = fetches();
      return [await load(page, url, options), fetches() - before];
    };
    const clear = () => page.evaluate(() => caches.delete("electra-edge"));

    await t.test("only if asked to", async () => {
      assert.deepEqual(await counted({}), ["loaded first", 1]);
      assert.deepEqual(await counted({ cache: false }), ["loaded first", 1]);
      assert.deepEqual(await held(page), {});
    });

    await t.test(
      "and asks the server once, also after a new start of the page and by a relative URL",
      async () => {
        assert.deepEqual(await counted(), ["loaded first", 1]);
        assert.deepEqual(await held(page), FIRST);
        await page.reload();
        assert.deepEqual(await counted(), ["loaded first", 0]);
        assert.equal(await load(page, "/model#fragment", { cache: true }), "loaded first");
        assert.equal(fetches(), 3);
        assert.deepEqual(await held(page), FIRST);
      },
    );

    await t.test("under the name that it is given", async () => {
      assert.deepEqual(await counted({ cache: "mine" }), ["loaded first", 1]);
      assert.deepEqual(await held(page), { ...FIRST, mine: [first.length] });
      assert.deepEqual(await counted({ cache: "mine" }), ["loaded first", 0]);
      await page.evaluate(() => caches.delete("mine"));
    });

    await t.test(
      "and takes another when another hash is asked for, in the place of the old one",
      async () => {
        const [before, now] = [randomModel(), randomModel({ metadata: { license: '"other"' } })];
        const [old, fresh] = [sha256(before), sha256(now)];
        await clear();
        // The browser's own cache, that of HTTP, would give the old one for an hour.
        answer = (response) => void response.setHeader("cache-control", "max-age=3600").end(before);
        assert.deepEqual(await counted({ cache: true, integrity: old }), ["loaded first", 1]);
        assert.deepEqual(await counted({}), ["loaded first", 0]);
        answer = (response) => void response.end(now);
        assert.deepEqual(await counted({ cache: true, integrity: fresh }), ["loaded other", 1]);
        assert.deepEqual(await held(page), { "electra-edge": [now.length] });
        assert.deepEqual(await counted({ cache: true, integrity: fresh }), ["loaded other", 0]);
        assert.deepEqual(await counted({ cache: true, integrity: old }), ["integrity", 1]);
        assert.deepEqual(
          await counted({ cache: true, integrity: fresh }),
          ["loaded other", 0],
          "it is still there",
        );
        answer = (response) => void response.end(first);
        await clear();
      },
    );

    await t.test("only whole: nothing is left of what breaks off, is cut off, aborted or wrong", async () => {
      const broken: Record<string, [typeof answer, LoadingOptions, string]> = {
        "the connection breaks": [
          (response) => {
            response.writeHead(200, { "content-length": first.length });
            response.write(first.subarray(0, 1e6), () => response.destroy());
          },
          { cache: true },
          "unreadable",
        ],
        "the file is short": [
          (response) => void response.end(first.subarray(0, 1e6)),
          { cache: true },
          "truncated",
        ],
        "the server has none": [
          (response) => void response.writeHead(404).end(first),
          { cache: true },
          "unreadable",
        ],
        aborted: [(response) => void response.end(first), { cache: true, abortAt: 1e6 }, "AbortError"],
        "aborted at the end": [
          (response) => void response.end(first),
          { cache: true, abortAt: first.length },
          "AbortError",
        ],
        "another file": [
          (response) => void response.end(first),
          { cache: true, integrity: "0".repeat(64) },
          "integrity",
        ],
      };
      for (const [what, [broken_, options, code]] of Object.entries(broken)) {
        answer = broken_;
        assert.deepEqual(await counted(options), [code, 1], what);
        assert.deepEqual(await held(page), NOTHING, what);
      }
      answer = (response) => void response.end(first);
    });

    await t.test("and fetches it anew, once, where the copy is damaged", async () => {
      const damages: Uint8Array[] = [
        first.subarray(0, 0),
        first.subarray(0, 5),
        first.subarray(0, -1),
        Buffer.concat([first, Buffer.from("more")]),
        Buffer.from("<!doctype html><title>sign in</title>"),
      ];
      for (const damaged of damages) {
        await page.evaluate(
          async ([url, base64]) => {
            const cache = await caches.open("electra-edge");
            const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
            await cache.put(url, new Response(bytes));
          },
          [url, Buffer.from(damaged).toString("base64")] as const,
        );
        assert.deepEqual(await counted(), ["loaded first", 1]);
        assert.deepEqual(await held(page), FIRST);
        assert.deepEqual(await counted(), ["loaded first", 0]);
      }
      answer = (response) => void response.end(first.subarray(0, -1));
      await page.evaluate(
        async (url) => (await caches.open("electra-edge")).put(url, new Response("no")),
        url,
      );
      assert.deepEqual(await counted(), ["truncated", 1], "not again and again");
      assert.deepEqual(await held(page), NOTHING);
      answer = (response) => void response.end(first);
    });

    await t.test("unless there is no room for it", async () => {
      const devTools = await page.context().newCDPSession(page);
      await devTools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: first.length / 2 });
      assert.deepEqual(await counted(), ["loaded first", 1]);
      assert.deepEqual(await held(page), NOTHING);
      await devTools.send("Storage.overrideQuotaForOrigin", { origin });
      assert.deepEqual(await counted(), ["loaded first", 1]);
      assert.deepEqual(await held(page), FIRST);
    });

    await t.test("unless it has no cache, as a page in no secure context", async () => {
      const insecure = await browser.newPage();
      await insecure.goto(origin.replace("127.0.0.1", "insecure.test"));
      assert.equal(await insecure.evaluate(() => "caches" in globalThis), false);
      const before = fetches();
      assert.equal(await load(insecure, "/model", { cache: true }), "loaded first");
      assert.equal(fetches(), before + 1);
    });
  });
});
