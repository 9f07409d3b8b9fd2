import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { test } from "node:test";
import { withBrowserPage } from "./browser-page.ts";
import { LIBRARY, TEAM_MEMBER } from "./page-server.ts";
import { SAMPLE, WAYBILL_MODEL } from "./sample.ts";

const texts = Array.from({ length: 20 }, (_, i) => SAMPLE.slice(0, 12 + i));
const routes: Record<string, RequestListener> = {
  "/model": async (_, response) => response.end(await readFile(WAYBILL_MODEL)),
};

test("threads of an isolated page leave it free, and end with the pipeline", async (t) => {
  await withBrowserPage(t, { routes, isolated: true }, async ({ page, problems }) => {
    const script = [LIBRARY, texts] as const;
    const turns = await page.evaluate(async ([library, texts]) => {
      const { pipeline } = await import(library);
      const tag = await pipeline("token-classification", "/model", { threads: 2 });
      Object.assign(globalThis, { tag });
      const { port1, port2 } = new MessageChannel();
      let turns = 0;
      port1.onmessage = () => {
        turns++;
        port2.postMessage(null);
      };
      port2.postMessage(null);
      await tag(texts);
      port1.close();
      return turns;
    }, script);
    t.diagnostic(`the page had ${turns} turns while the threads worked`);
    assert.ok(turns > 10, `the page had ${turns} turns while the threads worked`);
    assert.equal(page.workers().length, 2);
    assert.ok(page.workers().every((worker) => worker.url().endsWith(TEAM_MEMBER)));

    const ended = Promise.all(page.workers().map((worker) => worker.waitForEvent("close")));
    await page.evaluate(() => (globalThis as unknown as { tag: { dispose(): void } }).tag.dispose());
    await ended;
    assert.deepEqual(problems, []);
  });
});

test("a page that isn't isolated has one thread, and is told why", async (t) => {
  await withBrowserPage(t, { routes }, async ({ page, requested, problems }) => {
    const [threads, reason, entities, alone] = await page.evaluate(
      async ([library, texts]) => {
        const { pipeline } = await import(library);
        const tag = await pipeline("token-classification", "/model", { threads: 2 });
        const alone = await pipeline("token-classification", "/model");
        return [tag.threads, tag.threadsReason, await tag(texts), await alone(texts)];
      },
      [LIBRARY, texts] as const,
    );
    assert.equal(threads, 1);
    assert.match(reason, /cross-origin isolated.*COOP and COEP/);
    assert.deepEqual(entities, alone);
    assert.ok(!requested.includes(TEAM_MEMBER));
    assert.deepEqual(problems, []);
  });
});

test("a page without the threads' script is told so, and doesn't wait for it", async (t) => {
  const missing: RequestListener = (_, response) => response.writeHead(404).end();
  const options = { routes: { ...routes, [TEAM_MEMBER]: missing }, isolated: true };
  await withBrowserPage(t, options, async ({ page }) => {
    const code = await page.evaluate(async (library) => {
      const { pipeline } = await import(library);
      const loading = pipeline("token-classification", "/model", { threads: 2 });
      return loading.then(
        () => "loaded",
        ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
      );
    }, LIBRARY);
    assert.match(code, /^thread-failed: .*script could not be loaded/);
  });
});
