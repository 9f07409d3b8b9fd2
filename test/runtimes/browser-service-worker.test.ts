import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { pipeline } from "../../src/index.node.ts";
import { withBrowserPage } from "./browser-page.ts";
import { LIBRARY } from "./page-server.ts";
import { SAMPLE, WAYBILL_MODEL } from "./sample.ts";

/** As an extension's: everything is imported before it starts, since a service worker may import nothing later. */
const SERVICE_WORKER = `
import { pipeline } from "${LIBRARY}";
const life = crypto.randomUUID();
addEventListener("message", (event) => {
  const [url, text, integrity] = event.data;
  const answer = async () => {
    const tag = await pipeline("token-classification", url, { cache: true, integrity });
    return tag(text);
  };
  event.waitUntil(answer().catch(String).then((entities) => event.ports[0].postMessage({ life, entities })));
});
`;

test("a service worker loads a checked model, and after its end from the cache", async (t) => {
  const bytes = await readFile(WAYBILL_MODEL);
  const integrity = createHash("sha256").update(bytes).digest("hex");
  const routes = {
    "/model": (_: unknown, response: ServerResponse) => void response.end(bytes),
    "/service-worker.js": (_: unknown, response: ServerResponse) =>
      void response.setHeader("content-type", "text/javascript").end(SERVICE_WORKER),
  };
  await withBrowserPage(t, { routes }, async ({ page, origin, requested, problems }) => {
    const ask = () =>
      page.evaluate(
        async (question) => {
          await navigator.serviceWorker.register("/service-worker.js", { type: "module" });
          const { active } = await navigator.serviceWorker.ready;
          const { port1, port2 } = new MessageChannel();
          const answer = new Promise<{ life: string; entities: unknown }>((resolve) => {
            port1.onmessage = ({ data }) => resolve(data);
          });
          active!.postMessage(question, [port2]);
          return answer;
        },
        [`${origin}/model`, SAMPLE, integrity] as const,
      );
    const tag = await pipeline("token-classification", WAYBILL_MODEL);
    const expected = await tag(SAMPLE);
    const first = await ask();
    assert.deepEqual(first.entities, expected);

    const devTools = await page.context().newCDPSession(page);
    await devTools.send("ServiceWorker.enable");
    await devTools.send("ServiceWorker.stopAllWorkers");
    const second = await ask();
    assert.notEqual(second.life, first.life);
    assert.deepEqual(second.entities, expected);
    assert.deepEqual(
      requested.filter((path) => path === "/model"),
      ["/model"],
    );
    assert.deepEqual(problems, []);
  });
});
