// The package in web pages: what docs/deploy/browsers.md has its readers do, done with the packed package in fresh projects.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { after, before, describe, type TestContext } from "node:test";
import { type Browser, chromium } from "playwright-core";
import { type Entity, pipeline } from "../../src/index.node.ts";
import { OFFLINE } from "../examples/workers-runtime.ts";
import { CHROMIUM_FLAGS, findChromium } from "../runtimes/chromium.ts";
import { isThere } from "../runtimes/engines.ts";
import { hostFolder } from "./page-host.ts";
import { type PageSteps, stepsOf } from "./page-steps.ts";
import { MODEL, PackedPackage, runIn } from "./project.ts";
import { consumerTest, TOOLS } from "./tools.ts";

const PAGE = "deploy/browsers.md";
const TEXT = "张三18600009172广东省深圳市";

describe("the packed package in a page:", () => {
  const packed = new PackedPackage();
  let browser: Browser | undefined;
  let expected: Entity[];

  before(async () => {
    const executablePath = findChromium();
    if (executablePath === undefined) return;
    browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
    const tag = await pipeline("token-classification", MODEL);
    expected = await tag(TEXT);
    tag.dispose();
  });
  after(() => browser?.close());

  /** Opens a page that shows what it has found, which has to be what Node finds, and nothing may be amiss meanwhile. */
  async function assertPageTags(t: TestContext, origin: string, threads: number): Promise<void> {
    if (!isThere(t, "Chromium", findChromium())) return;
    const page = await browser!.newPage();
    try {
      const problems: string[] = [];
      page.on("console", (message) => {
        // Vite tells that it is connected; none has an icon.
        if (message.type() === "debug" || message.location().url.endsWith("/favicon.ico")) return;
        problems.push(message.text());
      });
      page.on("pageerror", (error) => problems.push(String(error)));
      await page.goto(origin);
      const shown = page.getByText("entity_group");
      await shown.waitFor({ timeout: 20_000 }).catch(() => assert.fail(problems.join("\n")));
      assert.deepEqual(JSON.parse(await shown.innerText()), { threads, entities: expected });
      assert.deepEqual(problems, []);
    } finally {
      await page.close();
    }
  }

  /** Builds a project of the page's steps, and serves it. */
  async function assertBuilds(t: TestContext, steps: PageSteps, threads: number, served = ""): Promise<void> {
    const folder = await packed.createProject(steps.files);
    await runIn(folder, steps.commands);
    const { origin, close } = await hostFolder(`${folder}/${served}`);
    try {
      await assertPageTags(t, origin, threads);
    } finally {
      close();
    }
  }

  consumerTest("a module script", (t) => assertBuilds(t, stepsOf(PAGE, "Without a build step"), 1));

  consumerTest("Vite", (t) => assertBuilds(t, stepsOf(PAGE, "With a bundler", "Vite"), 2, "dist"));

  for (const bundler of ["webpack", "Rollup", "esbuild"]) {
    consumerTest(bundler, (t) => {
      const { files, commands, output } = stepsOf(PAGE, "With a bundler", bundler);
      const html = `<!doctype html><meta charset="utf-8"><script type="module" src="/dist/main.js"></script>`;
      return assertBuilds(t, { files: new Map([...files, ["index.html", html]]), commands, output }, 2);
    });
  }

  /** Has a tool serve a project on a port that it chooses, for as long as it is used. */
  async function withServer(
    folder: string,
    command: readonly string[],
    use: (origin: string) => Promise<void>,
  ): Promise<void> {
    const server = spawn(process.execPath, command, {
      cwd: folder,
      env: { ...OFFLINE, NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      await use(await addressIn(server.stdout));
    } finally {
      server.kill();
    }
  }

  consumerTest("Vite's own server", async (t) => {
    const { files } = stepsOf(PAGE, "With a bundler", "Vite", "Vite's own server");
    const command = [TOOLS.file("vite/bin/vite.js"), "--host", "127.0.0.1", "--port", "0"];
    const withThreads = await packed.createProject(files);
    await withServer(withThreads, command, (origin) => assertPageTags(t, origin, 2));
  });

  consumerTest("Next.js", async (t) => {
    const steps = stepsOf(PAGE, "Next.js");
    // Turbopack takes no packages from outside of a project.
    const folder = await packed.createProject(steps.files, ["next", "react", "react-dom"]);
    await runIn(folder, steps.commands);
    const command = ["node_modules/next/dist/bin/next", "start", "--hostname", "127.0.0.1", "--port", "0"];
    await withServer(folder, command, async (origin) => {
      await assertPageTags(t, origin, 2);
      const response = await fetch(`${origin}/entities`, { method: "POST", body: TEXT });
      assert.deepEqual(await response.json(), expected);
    });
  });
});

/** The address that a server prints once it listens. What it prints later is read too, or it would end for want of a reader. */
function addressIn(output: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = "";
    output.on("data", (piece) => {
      printed += piece;
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(printed);
      if (address !== null) resolve(address[0]);
    });
    output.once("end", () => reject(new Error(`the server ended:\n${printed}`)));
  });
}
