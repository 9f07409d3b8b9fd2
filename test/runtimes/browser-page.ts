import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "./chromium.ts";

const BUNDLE = new URL("../../dist/browser/index.js", import.meta.url);

/** Where the browser bundle is served, for a page to import. */
export const LIBRARY = "/electra-edge.js";

/** What extensions are held to: no inline script, no eval, no script from a blob; only WebAssembly may be compiled. */
const CONTENT_SECURITY_POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

/** The same server under a name that is no secure context, as loopback's address is. */
const INSECURE_HOST = "--host-resolver-rules=MAP insecure.test 127.0.0.1";

export interface BrowserPage {
  readonly browser: Browser;
  readonly page: Page;
  readonly origin: string;
  /** Every path asked of the server so far, but for the page's own. */
  readonly requested: string[];
  /** What the page has logged or thrown. */
  readonly problems: string[];
}

/**
 * Opens a page in Chromium under a strict content security policy, or says why it can't.
 *
 * @param routes what the server answers beside the page and the library, by path
 */
export async function withBrowserPage(
  t: TestContext,
  routes: Readonly<Record<string, RequestListener>>,
  use: (opened: BrowserPage) => Promise<void>,
): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    assert.ok(!process.env["CI"], "no Chromium; `npm run test:setup` installs it");
    return t.skip("no Chromium; `npm run test:setup` installs it");
  }
  const requested: string[] = [];
  const server = createServer(async (request, response) => {
    const { url = "/" } = request;
    response.setHeader("content-security-policy", CONTENT_SECURITY_POLICY);
    if (url === "/" || url === "/favicon.ico") {
      response.setHeader("content-type", "text/html");
      return response.end("<!doctype html><title>test</title>");
    }
    requested.push(url);
    if (url === LIBRARY) {
      response.setHeader("content-type", "text/javascript");
      return response.end(await readFile(BUNDLE));
    }
    response.setHeader("content-type", "application/octet-stream");
    const route = routes[url];
    return route === undefined ? response.writeHead(404).end() : route(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS, INSECURE_HOST] });
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(origin);
    await use({ browser, page, origin, requested, problems });
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}
