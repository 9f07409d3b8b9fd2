import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BrowserContext, type CDPSession, chromium, type Page, type Worker } from "playwright-core";
import { CHROMIUM_FLAGS } from "../runtimes/chromium.ts";
import { Popup } from "./extension-popup.ts";
import { longestTask } from "./extension-trace.ts";

export const EXAMPLE = fileURLToPath(new URL("../../examples/browser-extension/", import.meta.url));

/** No script, no style, no image, no connection: what the strictest pages allow. */
export const STRICT_POLICY =
  "default-src 'none'; require-trusted-types-for 'script'; sandbox allow-same-origin";

/** Builds the extension as its README says. */
export async function buildExtension(out: string): Promise<void> {
  await promisify(execFile)(process.execPath, [`${EXAMPLE}build.mjs`, "--out", out]);
}

export interface TestPage {
  readonly body: string;
  readonly policy?: string;
}

export interface LaunchOptions {
  /** Of the browser, and so of the extension. */
  readonly language?: "en" | "zh-CN";
}

/** Chromium with the unpacked extension, and a server of pages to try it on. */
export class ExtensionBrowser {
  readonly context: BrowserContext;
  readonly id: string;
  readonly #devTools: CDPSession;
  readonly #server: Server;
  readonly #pages: Map<string, TestPage>;
  readonly #profile: string;

  private constructor(
    context: BrowserContext,
    id: string,
    devTools: CDPSession,
    server: Server,
    pages: Map<string, TestPage>,
    profile: string,
  ) {
    this.context = context;
    this.id = id;
    this.#devTools = devTools;
    this.#server = server;
    this.#pages = pages;
    this.#profile = profile;
  }

  static async launch(
    executablePath: string,
    extension: string,
    { language = "en" }: LaunchOptions = {},
  ): Promise<ExtensionBrowser> {
    const pages = new Map<string, TestPage>();
    const server = createServer(({ url = "/" }, response) => {
      const page = pages.get(url);
      if (page === undefined) return void response.writeHead(404).end();
      if (page.policy !== undefined) response.setHeader("content-security-policy", page.policy);
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(`<!doctype html><html lang="zh"><title>test</title><body>${page.body}`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const profile = await mkdtemp(join(tmpdir(), "electra-edge-profile-"));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      ignoreDefaultArgs: ["--disable-extensions"],
      env: { ...process.env, LANGUAGE: language.replace("-", "_") },
      args: [
        ...CHROMIUM_FLAGS,
        `--lang=${language}`,
        `--load-extension=${extension}`,
        `--disable-extensions-except=${extension}`,
        "--enable-unsafe-extension-debugging", // lets a test press the extension's button
      ],
    });
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
    const devTools = await context.browser()!.newBrowserCDPSession();
    return new ExtensionBrowser(context, new URL(worker.url()).host, devTools, server, pages, profile);
  }

  /** Opens a page with this content. */
  async open(page: TestPage): Promise<Page> {
    const path = `/${this.#pages.size}`;
    this.#pages.set(path, page);
    const opened = await this.context.newPage();
    await opened.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`);
    return opened;
  }

  async targets(): Promise<{ type: string; url: string; targetId: string }[]> {
    const all = { filter: [{}] };
    return (await this.#devTools.send("Target.getTargets", all)).targetInfos;
  }

  async clipboard(): Promise<string> {
    const page = await this.open({ body: "" });
    await this.context.grantPermissions(["clipboard-read"]);
    const text = await page.evaluate(() => navigator.clipboard.readText());
    await page.close();
    return text;
  }

  /** Presses the extension's button over a page, as a user does: only this gives it access to the page. */
  async openPopup(page: Page): Promise<Popup> {
    await page.bringToFront();
    const before = new Set((await this.targets()).map(({ targetId }) => targetId));
    const tab = (await this.targets()).find(({ type, url }) => type === "tab" && url === page.url());
    await this.#devTools.send("Extensions.triggerAction", { id: this.id, targetId: tab!.targetId });
    for (;;) {
      const targets = await this.targets();
      const popup = targets.find(
        ({ type, url, targetId }) => type === "page" && url.endsWith("/popup.html") && !before.has(targetId),
      );
      if (popup !== undefined) return Popup.attach(this.#devTools, popup.targetId);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The longest task of the pages' main threads while something is done, in milliseconds of CPU. */
  longestTask(work: () => Promise<unknown>): Promise<number> {
    return longestTask(this.#devTools, work);
  }

  /** Ends what runs of the extension under such a URL, as Chrome does when it likes. @returns how many there were */
  async kill(which: (url: string) => boolean): Promise<number> {
    const doomed = (await this.targets()).filter(({ type, url }) => type !== "tab" && which(url));
    for (const { targetId } of doomed) await this.#devTools.send("Target.closeTarget", { targetId });
    return doomed.length;
  }

  /** The service worker, once it runs. */
  async serviceWorker(): Promise<Worker> {
    return this.context.serviceWorkers()[0] ?? this.context.waitForEvent("serviceworker");
  }

  async close(): Promise<void> {
    await this.context.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.#profile, { recursive: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** What is marked in a page, by the number of its colour. */
export function markedWords(page: Page): Promise<Record<string, string[]>> {
  return page.evaluate(() =>
    Object.fromEntries(
      Array.from(CSS.highlights, ([name, highlight]) => [
        name,
        Array.from(highlight, (range) => {
          const live = document.createRange();
          live.setStart(range.startContainer, range.startOffset);
          live.setEnd(range.endContainer, range.endOffset);
          return live.toString();
        }),
      ]),
    ),
  );
}

export function assertFound(found: Record<string, string[]>, words: readonly string[]): void {
  const all = Object.values(found).flat();
  for (const word of words) assert.ok(all.includes(word), `${word} is not among ${all.join(", ")}`);
}
