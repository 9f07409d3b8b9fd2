import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chromium, type Page } from "playwright-core";
import { randomModel } from "../model/random-model.ts";
import { held, load } from "../runtimes/caching-page.ts";
import { CHROMIUM_FLAGS, findChromium } from "../runtimes/chromium.ts";
import { isThere } from "../runtimes/engines.ts";
import { startPageServer } from "../runtimes/page-server.ts";
import { until } from "../server/serving.ts";

// Connections that break, short files, damaged copies and caches without room are in test/runtimes/browser-cache.test.ts,
// caches that refuse in test/pipelines/cache.test.ts; a cache keeps no times, so that no clock can mislead it.

const MODEL = randomModel({ config: { intermediate_size: 8000 } });

interface Browser {
  readonly process: ChildProcess;
  readonly page: Page;
}

/** Starts a browser of its own process, which can be killed, on a profile that outlives it. */
async function open(executable: string, profile: string, origin: string): Promise<Browser> {
  const flags = [
    ...CHROMIUM_FLAGS,
    "--headless=new",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
  ];
  const process = spawn(executable, [...flags, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
  let printed = "";
  const address = await new Promise<string>((resolve, reject) => {
    process.stderr!.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      const [, found] = /DevTools listening on (\S+)/.exec(printed) ?? [];
      if (found !== undefined) resolve(found);
    });
    process.once("close", () => reject(new Error(`Chromium did not start: ${printed}`)));
  });
  const browser = await chromium.connectOverCDP(address);
  const page = await browser.contexts()[0]!.newPage();
  await page.goto(origin);
  return { process, page };
}

async function kill({ process }: Browser): Promise<void> {
  process.kill("SIGKILL");
  await once(process, "close");
}

const entriesOf = async (page: Page) => Object.values(await held(page)).flat();

test("a browser that is killed has a whole model in its cache, or none", { timeout: 170_000 }, async (t) => {
  const executable = findChromium();
  if (!isThere(t, "Chromium", executable)) return;
  const profile = await mkdtemp(join(tmpdir(), "electra-edge-profile-"));
  let answer = (response: ServerResponse): void => void response.end(MODEL);
  const server = await startPageServer({ routes: { "/model": (_, response) => answer(response) } });
  const running = new Set<Browser>();
  const start = async () => {
    const browser = await open(executable, profile, server.origin);
    running.add(browser);
    return browser;
  };
  const stop = async (browser: Browser) => {
    running.delete(browser);
    await kill(browser);
  };
  const loadIn = ({ page }: Browser) => load(page, `${server.origin}/model`, { cache: true });

  try {
    let browser = await start();
    await t.test("while it comes: none", async () => {
      let halfway = false;
      answer = (response) => {
        response.writeHead(200, { "content-length": MODEL.length });
        response.write(MODEL.subarray(0, MODEL.length >> 1), () => {
          halfway = true;
        });
      };
      const lost = assert.rejects(loadIn(browser));
      await until(() => halfway);
      await new Promise((resolve) => setTimeout(resolve, 500)); // for what has come to be written
      await stop(browser);
      await lost;
      browser = await start();
      assert.deepEqual(await entriesOf(browser.page), []);
    });

    await t.test("right after it is there: all of it, or none", async () => {
      answer = (response) => void response.end(MODEL);
      assert.equal(await loadIn(browser), "loaded first");
      await stop(browser);
      browser = await start();
      const entries = await entriesOf(browser.page);
      assert.ok(entries.every((length) => length === MODEL.length) && entries.length <= 1, `${entries}`);
      assert.equal(await loadIn(browser), "loaded first");
      assert.deepEqual(await entriesOf(browser.page), [MODEL.length]);
    });
  } finally {
    for (const browser of running) await kill(browser);
    server.close();
    await rm(profile, { recursive: true, maxRetries: 5, retryDelay: 100 });
  }
});
