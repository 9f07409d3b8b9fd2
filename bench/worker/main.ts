// `npm run bench:worker`: what the example's Worker takes in workerd, in CPU and in memory, where nothing enforces a limit.
// CPU is that of the process, so that others on the machine disturb it less than a clock; Linux tells it.
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import {
  buildWorker,
  configuredOptions,
  type Miniflare,
  miniflareResponse,
  startMiniflare,
  uploadedModules,
} from "../../test/examples/workers-runtime.ts";

const MEMORY_LIMIT_MB = 110;
const MEGABYTE = 1024 * 1024;
/** Of Linux's clock that counts processes' CPU. */
const MILLISECONDS_A_TICK = 10;
/** Texts between two looks at the memory. */
const STRIDE = 20;
/** Of either Worker, since the CPU of one is told in ticks alone. */
const STARTS = 12;

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "build/bench/small.int8.safetensors" },
    texts: { type: "string", default: "1000" },
    characters: { type: "string", default: "510" },
  },
});
const [count, characters] = [Number(values.texts), Number(values.characters)];

const sentence = "张三18600009172广东省深圳市南山区八马路与东平行路交叉口北40米";
/** Of ever another length up to the longest, the longest among them. */
const textOf = (i: number) =>
  sentence.repeat(Math.ceil(characters / sentence.length)).slice(0, characters - ((i * 37) % characters));

const wholeText = textOf(0);

const folder = await mkdtemp(join(tmpdir(), "electra-edge-bench-worker-"));
try {
  buildWorker(folder, "wrangler.jsonc");
  console.log(
    `start-up: ${await startUp()} ms of CPU more than an empty Worker's, until the page is answered`,
  );
  await measureTexts();
} finally {
  await rm(folder, { recursive: true });
}

async function start(modules: readonly object[]): Promise<Miniflare> {
  const { assets: _, ...options } = await configuredOptions("wrangler.jsonc");
  const Response = await miniflareResponse();
  return startMiniflare({
    ...options,
    modules,
    inspectorPort: 0,
    serviceBindings: { ASSETS: async () => new Response(await readFile(values.model)) },
  });
}

/** What the Worker takes more than an empty one on average, in turns. */
async function startUp(): Promise<number> {
  let more = 0;
  for (let i = 0; i < STARTS; i++) more += (await cpuToFirstPage(true)) - (await cpuToFirstPage(false));
  return Math.round(more / STARTS);
}

async function cpuToFirstPage(whole: boolean): Promise<number> {
  const empty = 'export default { fetch: () => new Response("") };';
  const modules = whole
    ? await uploadedModules(folder)
    : [{ type: "ESModule", path: "empty.js", contents: empty }];
  const miniflare = await start(modules);
  await (await fetch(await miniflare.ready)).text();
  const cpu = processOf().cpu();
  await miniflare.dispose();
  return cpu;
}

async function measureTexts(): Promise<void> {
  const own = await Promise.all(
    ["measured-worker.js", "memories.js"].map(async (path) => ({
      type: "ESModule",
      path,
      contents: await readFile(new URL(path, import.meta.url), "utf8"),
    })),
  );
  const miniflare = await start([...own, ...(await uploadedModules(folder))]);
  const { origin } = await miniflare.ready;
  const workerd = processOf();
  const before = { cpu: workerd.cpu(), resident: workerd.residentBytes() };
  await entitiesOf(origin, "张三");
  console.log(
    `${basename(values.model)}: loaded and asked once with ${workerd.cpu() - before.cpu} ms of CPU`,
  );

  const inspector = await inspect(await miniflare.getInspectorURL());
  let [peak, peakWasm, peakHeap] = [0, 0, 0];
  let tokens = 0;
  const cpuBefore = workerd.cpu();
  for (let i = 0; i < count; i++) {
    const text = textOf(i);
    tokens += text.length;
    await entitiesOf(origin, text);
    if (i % STRIDE !== 0 && i !== count - 1) continue;
    const wasm = (await (await fetch(`${origin}/wasm-bytes`)).json()) as number;
    const heap = await inspector.heapBytes();
    if (wasm + heap > peak) [peak, peakWasm, peakHeap] = [wasm + heap, wasm, heap];
  }
  const cpu = workerd.cpu() - cpuBefore;
  const mb = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`;
  console.log(
    `${count} texts of up to ${characters} characters, ${Math.round(tokens / count)} on average: ` +
      `${(cpu / count).toFixed(1)} ms of CPU a text`,
  );
  console.log(
    `most memory at once: ${mb(peak)}, ${mb(peakWasm)} of it WebAssembly's and ${mb(peakHeap)} the isolate's heap; ` +
      `the process has grown by ${mb(workerd.residentBytes() - before.resident)}`,
  );
  for (const length of [16, 32, 64, 128, 256]) {
    const times = 40;
    const began = workerd.cpu();
    for (let i = 0; i < times; i++) await entitiesOf(origin, wholeText.slice(0, length));
    console.log(`${length} characters: ${((workerd.cpu() - began) / times).toFixed(1)} ms of CPU a request`);
  }
  inspector.close();
  await miniflare.dispose();
  if (peak > MEMORY_LIMIT_MB * MEGABYTE) {
    console.error(`that is more than ${MEMORY_LIMIT_MB} MB`);
    process.exitCode = 1;
  }
}

async function entitiesOf(origin: string, text: string): Promise<void> {
  const headers = { "content-type": "text/plain" };
  const response = await fetch(`${origin}/entities`, { method: "POST", headers, body: text });
  const answer = await response.text();
  if (!response.ok) throw new Error(answer);
}

/** The workerd that this process has started. */
function processOf() {
  const pids = readdirSync("/proc/self/task").flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, "utf8").trim().split(" "),
  );
  const pid = pids.find(
    (child) => child !== "" && readFileSync(`/proc/${child}/comm`, "utf8") === "workerd\n",
  );
  if (pid === undefined) throw new Error("there is no workerd below this process");
  return {
    /** In milliseconds, of user and system. */
    cpu(): number {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
      return (Number(fields[11]) + Number(fields[12])) * MILLISECONDS_A_TICK;
    },
    residentBytes(): number {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024;
    },
  };
}

/** The isolate, by the inspector's protocol. */
async function inspect(url: URL) {
  const targets = (await (await fetch(new URL("/json", url.href.replace(/^ws/, "http")))).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(targets[0]!.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map<number, (result: { totalSize: number }) => void>();
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(data);
    waiting.get(id)?.(result);
    waiting.delete(id);
  };
  let id = 0;
  return {
    /** What the engine has taken for the heap, used or not. */
    async heapBytes(): Promise<number> {
      id++;
      const answered = new Promise<{ totalSize: number }>((resolve) => waiting.set(id, resolve));
      socket.send(JSON.stringify({ id, method: "Runtime.getHeapUsage" }));
      return (await answered).totalSize;
    },
    close: () => socket.close(),
  };
}
