import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "../runtimes/chromium.ts";
import { isThere } from "../runtimes/engines.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const README = readFileSync(`${ROOT}examples/playground/README.md`, "utf8");

/** The commands of the example's README. */
export const COMMANDS = Array.from(README.matchAll(/^```sh\n(.*?)^```$/gms), ([, code]) => code)
  .join("")
  .trim();

/** A GPU in software, where Chromium would have none. */
export const SOFTWARE_GPU = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
];

export interface Playground {
  readonly address: string;
  close(): void;
}

/** Runs the README's commands, and waits for the address that the server tells. */
export async function startPlayground(): Promise<Playground> {
  const shell = spawn("bash", ["-euo", "pipefail", "-c", COMMANDS], {
    cwd: ROOT,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true, // the head of a group, so that nothing that it starts outlives the tests
  });
  const address = await firstLineOf(shell);
  return { address, close: () => process.kill(-shell.pid!, "SIGKILL") };
}

function firstLineOf(shell: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: shell.stdout! }).once("line", resolve);
    shell.once("exit", (status) => reject(new Error(`the README's commands end with ${status}`)));
  });
}

export interface PageOptions extends BrowserContextOptions {
  /** Chromium's own, beside the usual. */
  readonly flags?: readonly string[];
}

/** Opens the playground in Chromium, once it has tagged its first text, or says why it can't. */
export async function withPlayground(
  t: TestContext,
  { address }: Playground,
  { flags = [], ...options }: PageOptions,
  use: (page: Page, problems: string[]) => Promise<void>,
): Promise<void> {
  const executablePath = findChromium();
  if (!isThere(t, "Chromium", executablePath)) return;
  const browser: Browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS, ...flags] });
  try {
    const page = await (await browser.newContext(options)).newPage();
    page.setDefaultTimeout(60_000);
    const problems: string[] = [];
    page.on("console", (message) => {
      // Chromium's own remark, made of every search for a GPU that finds none.
      if (message.text() !== "No available adapters.") problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(address);
    await page.waitForSelector("#found div");
    await use(page, problems);
  } finally {
    await browser.close();
  }
}
