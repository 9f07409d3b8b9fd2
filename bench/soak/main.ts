// `npm run soak`: what months of use would show in an hour or less. 100,000 inferences, 1,000 loads and disposals and 100
// teams of threads, with memory, open files and threads counted at every tenth; it fails where they grow. `--part 0.01` is a
// hundredth of it, `--json` prints the figures alone.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { renderTable } from "../../src/cli/render/table.ts";
import { styleFor, write } from "../../src/cli/terminal.ts";
import { pipeline } from "../../src/index.node.ts";

const { values: options } = parseArgs({
  options: { part: { type: "string", default: "1" }, json: { type: "boolean", default: false } },
});
const PART = Number(options.part);
const MODEL = fileURLToPath(new URL("../../weights/waybill-zh.safetensors", import.meta.url));
const TEXTS = [
  "张三18600009172",
  "广东省深圳市南山区八马路与东平行路交叉口北40米",
  "李四",
  "",
  "a".repeat(300),
];
const SAMPLES = 10;
/** In MB, between half the work and all of it: what allocators keep differs from time to time. */
const ALLOWED_GROWTH = 8;

interface Sample {
  readonly done: number;
  readonly resident_mb: number;
  readonly heap_mb: number;
  readonly buffers_mb: number;
  readonly files: number;
  readonly threads: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** What the process holds once garbage is collected and ended threads are gone. */
async function sample(done: number): Promise<Sample> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    collectGarbage();
  }
  const { rss, heapUsed, arrayBuffers, external } = process.memoryUsage();
  const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
  return {
    done,
    resident_mb: megabytes(rss),
    heap_mb: megabytes(heapUsed),
    buffers_mb: megabytes(arrayBuffers + external),
    files: readdirSync("/proc/self/fd").length,
    threads: Number(/^Threads:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1]),
  };
}

/** Does something so many times. */
async function repeat(times: number, work: (round: number) => Promise<void>): Promise<Sample[]> {
  const samples = [await sample(0)];
  const all = Math.max(SAMPLES, Math.round(times * PART));
  for (let done = 0, next = 1; done < all; ) {
    await work(done++);
    if (done < (all * next) / SAMPLES) continue;
    samples.push(await sample(done));
    next++;
  }
  return samples;
}

const load = (threads = 1) => pipeline("token-classification", MODEL, { threads });
const started = performance.now();
const tag = await load();
const figures = {
  inferences: await repeat(100_000, async (round) => void (await tag(TEXTS[round % TEXTS.length]!))),
  "loads and disposals": await repeat(1000, async () => {
    const model = await load();
    await model(TEXTS[0]!);
    model.dispose();
  }),
  "teams of two threads": await repeat(100, async () => {
    const model = await load(2);
    await model(TEXTS[0]!);
    model.dispose();
  }),
};
tag.dispose();

/** What has grown in the second half; in the first the engine makes its own heap as large as the work wants it. */
const complaints = Object.entries(figures).flatMap(([what, samples]) => {
  const [early, last] = [samples[SAMPLES / 2]!, samples.at(-1)!];
  return (["resident_mb", "heap_mb", "buffers_mb", "files", "threads"] as const).flatMap((name) => {
    const allowed = name === "files" || name === "threads" ? 0 : ALLOWED_GROWTH;
    const growth = last[name] - early[name];
    return growth > allowed ? [`${what}: ${name} grew by ${growth}`] : [];
  });
});
if (options.json) {
  await write(process.stdout, `${JSON.stringify(figures)}\n`);
} else {
  for (const [what, samples] of Object.entries(figures)) {
    const names = Object.keys(samples[0]!) as (keyof Sample)[];
    const table = renderTable(
      {
        head: names.map((name) => (name === "done" ? what : name)),
        align: names.map(() => "right"),
        rows: samples.map((each) => names.map((name) => String(each[name]))),
      },
      styleFor(process.stdout, process.env),
    );
    await write(process.stdout, `${table}\n`);
  }
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  await write(process.stdout, `in ${minutes} minutes\n`);
}
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
if (complaints.length > 0) process.exitCode = 1;
