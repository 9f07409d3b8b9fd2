import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { readDataset } from "../../src/data/index.ts";
import { CHROMIUM_FLAGS, findChromium } from "../../test/runtimes/chromium.ts";
import { compare, type Effort, interleave, type Row } from "./measure.ts";
import type { BenchModel } from "./models.ts";
import { PEERS } from "./peers.ts";

const WAYBILLS = fileURLToPath(new URL("../../test/fixtures/waybill-made-up/dev.txt", import.meta.url));
const ours = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const TRANSFORMERS = "@huggingface/transformers";
/** What the page may ask for, by the first part of the URL. */
const FOLDERS: Readonly<Record<string, string>> = {
  dist: ours("dist/browser"),
  models: ours("build/bench"),
  transformers: PEERS.file(`${TRANSFORMERS}/dist`),
  ort: PEERS.file(`${TRANSFORMERS}/node_modules/onnxruntime-web/dist`),
};
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/**
 * onnxruntime's two builds that transformers.js can use: the first is what it takes by itself, the second what it takes
 * in Safari. The faster counts.
 */
const BUILDS = ["ort-wasm-simd-threaded.asyncify", "ort-wasm-simd-threaded"] as const;

/** How many texts transformers.js may get at a time; it pads them to the longest. The fastest counts. */
const BATCH_SIZES = [1, 8, 24] as const;
const PROBED_TEXTS = 24;

type Tag = (texts: string | readonly string[], options: object) => Promise<unknown>;

/** What {@link openPage} leaves in the page. */
interface Bench {
  readonly ours: Tag;
  readonly peer: Tag;
  readonly texts: readonly string[];
}
declare const window: { bench: Bench };

/**
 * The whole pipeline in Chromium, text to labels, on made-up waybills: ours against transformers.js with
 * `device: "wasm"`, both on one thread with the same int8 weights.
 *
 * @param latency whether to run them one by one as well
 * @returns undefined where there is no Chromium
 */
export async function benchWaybills(
  { shape }: BenchModel,
  latency: boolean,
  effort: Effort,
): Promise<Row[] | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) return undefined;
  const texts = (await readDataset(WAYBILLS)).examples.map(({ text }) => text);
  const server = createServer((request, response) => {
    serve(request.url ?? "/").then(
      ({ type, content }) => response.setHeader("content-type", type).end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
  try {
    const candidates: { page: Page; size: number; milliseconds: number }[] = [];
    for (const build of BUILDS) {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      await openPage(page, texts, shape, build);
      await runPeer(page, BATCH_SIZES[0], PROBED_TEXTS);
      for (const size of BATCH_SIZES) {
        const started = performance.now();
        await runPeer(page, size, PROBED_TEXTS);
        candidates.push({ page, size, milliseconds: performance.now() - started });
      }
    }
    const { page, size } = candidates.reduce((a, b) => (b.milliseconds < a.milliseconds ? b : a));
    const contenders = [
      { name: "ours-batch", run: () => runOurs(page, texts.length) },
      { name: "peer-batch", run: () => runPeer(page, size, texts.length) },
    ];
    if (latency) {
      contenders.push(
        { name: "ours-latency", run: () => runOurs(page, 1) },
        { name: "peer-latency", run: () => runPeer(page, 1, texts.length) },
      );
    }
    const timings = await interleave(contenders, effort);
    const tokens = Math.round(texts.reduce((count, text) => count + [...text].length + 2, 0) / texts.length);
    return ["batch", "latency"].flatMap((how) =>
      compare(timings, [`ours-${how}`, `peer-${how}`], {
        figure: `waybills-${how}/transformers.js-int8`,
        shape,
        tokens,
        threads: 1,
      }),
    );
  } finally {
    await browser.close();
    server.close();
  }
}

async function serve(url: string): Promise<{ type: string; content: string | Buffer }> {
  const [, folder = "", ...rest] = normalize(url).split("/");
  if (folder === "") return { type: "text/html", content: "<!doctype html><title>bench</title>" };
  const path = join(FOLDERS[folder]!, ...rest);
  return { type: TYPES[extname(path)] ?? "application/octet-stream", content: await readFile(path) };
}

/** All texts through ours, so many at a time. */
function runOurs(page: Page, size: number): Promise<void> {
  return page.evaluate(async (size) => {
    const { ours, texts } = window.bench;
    for (let at = 0; at < texts.length; at += size) {
      await ours(texts.slice(at, at + size), { aggregation_strategy: "simple" });
    }
  }, size);
}

/** The first `count` texts through transformers.js, so many at a time. */
function runPeer(page: Page, size: number, count: number): Promise<void> {
  return page.evaluate(
    async ([size, count]) => {
      const { peer, texts } = window.bench;
      for (let at = 0; at < count; at += size) {
        await peer(texts.slice(at, Math.min(at + size, count)), { aggregation_strategy: "simple" });
      }
    },
    [size, count] as const,
  );
}

/** Loads both libraries and their models, and sees to it that they do the same work. */
async function openPage(page: Page, texts: readonly string[], model: string, build: string): Promise<void> {
  await page.evaluate(
    async ({ texts, model, build }) => {
      const { pipeline } = await import(`${location.origin}/dist/index.js`);
      const ours = await pipeline("token-classification", `/models/${model}.int8.safetensors`);

      const transformers = await import(`${location.origin}/transformers/transformers.min.js`);
      const { env } = transformers;
      Object.assign(env, {
        allowRemoteModels: false,
        allowLocalModels: true,
        localModelPath: "/models/",
        useBrowserCache: false,
        useWasmCache: false,
      });
      const { wasm } = env.backends.onnx;
      wasm.wasmPaths = {
        mjs: `${location.origin}/ort/${build}.mjs`,
        wasm: `${location.origin}/ort/${build}.wasm`,
      };
      wasm.numThreads = 1;
      const peer = await transformers.pipeline("token-classification", model, {
        device: "wasm",
        dtype: "q8",
      });

      // Quantization costs either a label now and then; transformers.js leaves blanks out.
      const every = { aggregation_strategy: "none", ignore_labels: [] };
      let [same, all] = [0, 0];
      for (const text of texts.slice(0, 20)) {
        const tokens = peer.tokenizer(text).input_ids.dims[1];
        if (tokens !== [...text].length + 2)
          throw new Error(`${tokens} tokens of ${[...text].length} characters`);
        const labels: string[] = (await ours(text, every)).map(({ entity }: { entity: string }) => entity);
        for (const { index, entity } of await peer(text, every)) {
          if (labels[index - 1] === entity) same++;
          all++;
        }
      }
      if (!(same / all > 0.9)) throw new Error(`only ${same} of ${all} labels are the same`);
      window.bench = { ours, peer, texts };
    },
    { texts: [...texts], model, build },
  );
}
