import type { TestContext } from "node:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "./chromium.ts";
import { isThere } from "./engines.ts";
import { type PageOptions, startPageServer } from "./page-server.ts";

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
 * @param flags of Chromium's own, beside the usual
 */
export async function withBrowserPage(
  t: TestContext,
  options: PageOptions,
  use: (opened: BrowserPage) => Promise<void>,
  flags: readonly string[] = [],
): Promise<void> {
  const executablePath = findChromium();
  if (!isThere(t, "Chromium", executablePath)) return;
  const server = await startPageServer(options);
  const { origin, requested } = server;
  const browser = await chromium.launch({
    executablePath,
    args: [...CHROMIUM_FLAGS, INSECURE_HOST, ...flags],
  });
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(origin);
    await use({ browser, page, origin, requested, problems });
  } finally {
    await browser.close();
    server.close();
  }
}
