import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../test/runtimes/chromium.ts";
import type { Contender } from "../peers/measure.ts";
import { PEERS } from "./peers.ts";
import type { Task } from "./task.ts";

/** What the pages may ask for, by the first part of the URL. */
const FOLDERS: Readonly<Record<string, string>> = {
  pages: fileURLToPath(new URL("pages", import.meta.url)),
  jax: PEERS.file("@jax-js/jax/dist"),
  tfjs: PEERS.file("@tensorflow/tfjs/dist"),
  "tfjs-wasm": PEERS.file("@tensorflow/tfjs-backend-wasm/dist"),
};
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a contender starts from. */
export interface Inputs {
  readonly task: Task;
  readonly inputIds: readonly (readonly number[])[];
  /** The labels of those tokens that have one. */
  readonly paths: readonly (readonly number[])[];
  readonly parameters: readonly NamedTensor[];
}

/** What a script of `pages/` leaves in its page. */
interface PageContender {
  /** Forward and backward. @returns the loss */
  run(): Promise<number>;
  /** The norm of all gradients together, of a run of its own. */
  gradientNorm(): Promise<number>;
}
declare const window: { contender: PageContender };

export interface BrowserContender extends Contender {
  run(): Promise<number>;
  gradientNorm(): Promise<number>;
}

/** Programs that have threads only in pages, each in one of its own, cross-origin isolated. */
export class Pages {
  readonly #browser: Browser;
  readonly #server: ReturnType<typeof createServer>;
  readonly #inputs: Inputs;

  private constructor(browser: Browser, server: ReturnType<typeof createServer>, inputs: Inputs) {
    this.#browser = browser;
    this.#server = server;
    this.#inputs = inputs;
  }

  static async open(executablePath: string, inputs: Inputs): Promise<Pages> {
    const server = createServer((request, response) => {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
      answer(request.url ?? "/", inputs).then(
        ({ type, content }) => response.setHeader("content-type", type).end(content),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
    return new Pages(browser, server, inputs);
  }

  /** @param script of `pages/` */
  async start(name: string, script: string): Promise<BrowserContender> {
    const page = await this.#browser.newPage();
    await page.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
    await page.evaluate(
      async ({ script, threads }) => {
        Object.defineProperty(navigator, "hardwareConcurrency", { value: threads });
        const inputs = await (await fetch("/inputs.json")).json();
        const weights = await (await fetch("/weights")).arrayBuffer();
        let first = 0;
        for (const parameter of inputs.parameters) {
          parameter.values = new Float32Array(weights, first * 4, parameter.count);
          first += parameter.count;
        }
        const { start } = await import(script);
        window.contender = await start(inputs);
      },
      { script: `/pages/${script}`, threads: this.#inputs.task.threads },
    );
    return {
      name,
      run: () => page.evaluate(() => window.contender.run()),
      gradientNorm: () => page.evaluate(() => window.contender.gradientNorm()),
    };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}

async function answer(url: string, inputs: Inputs): Promise<{ type: string; content: string | Uint8Array }> {
  if (url === "/inputs.json") {
    const parameters = inputs.parameters.map(({ values, ...rest }) => ({ ...rest, count: values.length }));
    return { type: TYPES[".json"]!, content: JSON.stringify({ ...inputs, parameters }) };
  }
  if (url === "/weights") {
    const bytes = inputs.parameters.map(
      ({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
    return { type: "application/octet-stream", content: Buffer.concat(bytes) };
  }
  const [, folder = "", ...rest] = normalize(url).split("/");
  if (folder === "" || folder === "favicon.ico")
    return { type: TYPES[".html"]!, content: "<!doctype html><title>bench</title>" };
  const path = join(FOLDERS[folder]!, ...rest);
  return { type: TYPES[extname(path)] ?? "application/octet-stream", content: await readFile(path) };
}
