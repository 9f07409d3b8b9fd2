import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { pipeline } from "../../src/index.node.ts";
import { CHROMIUM_FLAGS, findChromium } from "./chromium.ts";
import { SAMPLE, WAYBILL_MODEL } from "./sample.ts";

const FILES: Record<string, { type: string; path: string | URL }> = {
  "/electra-edge.js": {
    type: "text/javascript",
    path: new URL("../../dist/browser/index.js", import.meta.url),
  },
  "/model.safetensors": { type: "application/octet-stream", path: WAYBILL_MODEL },
};

/** What extensions are held to: no inline script, no eval, no blob; only WebAssembly may be compiled. */
const CONTENT_SECURITY_POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'";

test("the browser bundle runs in Chromium under a strict content security policy", async (t) => {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    assert.ok(!process.env["CI"], "no Chromium; `npm run test:setup` installs it");
    return t.skip("no Chromium; `npm run test:setup` installs it");
  }
  const requested: string[] = [];
  const server = createServer(async ({ url = "/" }, response) => {
    requested.push(url);
    response.setHeader("content-security-policy", CONTENT_SECURITY_POLICY);
    const file = FILES[url];
    response.setHeader("content-type", file?.type ?? "text/html");
    response.end(file === undefined ? "<!doctype html><title>test</title>" : await readFile(file.path));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(origin);
    const entities = await page.evaluate(
      async ([library, model, text]) => {
        const { pipeline } = await import(library);
        const tag = await pipeline("token-classification", model);
        return tag(text);
      },
      [`${origin}/electra-edge.js`, `${origin}/model.safetensors`, SAMPLE] as const,
    );
    const tag = await pipeline("token-classification", WAYBILL_MODEL);
    assert.deepEqual(entities, await tag(SAMPLE));
    const fetched = requested.filter((url) => url !== "/" && url !== "/favicon.ico");
    assert.deepEqual(fetched, ["/electra-edge.js", "/model.safetensors"], "nothing else is fetched");
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
    server.close();
  }
});
