import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { pipeline } from "../../src/index.node.ts";
import { withBrowserPage } from "./browser-page.ts";
import { LIBRARY } from "./page-server.ts";
import { SAMPLE, WAYBILL_MODEL } from "./sample.ts";

test("the browser bundle runs in Chromium under a strict content security policy", async (t) => {
  const bytes = await readFile(WAYBILL_MODEL);
  const routes = {
    "/model.safetensors": (_: unknown, response: { end(body: Uint8Array): void }) => response.end(bytes),
  };
  await withBrowserPage(t, { routes }, async ({ page, origin, requested, problems }) => {
    const entities = await page.evaluate(
      async ([library, model, text]) => {
        const { pipeline } = await import(library);
        const tag = await pipeline("token-classification", model);
        return tag(text);
      },
      [`${origin}${LIBRARY}`, `${origin}/model.safetensors`, SAMPLE] as const,
    );
    const tag = await pipeline("token-classification", WAYBILL_MODEL);
    assert.deepEqual(entities, await tag(SAMPLE));
    assert.deepEqual(requested, [LIBRARY, "/model.safetensors"], "nothing else is fetched");
    assert.deepEqual(problems, []);
  });
});
