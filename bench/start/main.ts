// `npm run bench:start`: how soon after its start an engine has the first entities, and what that takes of memory. Engines take
// turns; the least of the rounds counts, which other programs on the machine disturb least.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { chromium } from "playwright-core";
import { hostFolder } from "../../test/consumers/page-host.ts";
import { TOOLS } from "../../test/consumers/tools.ts";
import { CHROMIUM_FLAGS, findChromium } from "../../test/runtimes/chromium.ts";
import { BUN, NODE_20, NODE_22 } from "../../test/runtimes/engines.ts";
import { SAMPLE } from "../../test/runtimes/sample.ts";

interface Start {
  /** From before the import to the first entities. */
  readonly milliseconds: number;
  /** What the process, or the page's heap and WebAssembly memory, has grown by then. */
  readonly bytes: number;
  /** Of which WebAssembly memory. */
  readonly memoryBytes: number;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROGRAM = fileURLToPath(new URL("program.js", import.meta.url));
const LIBRARY = new URL("../../dist/node/index.js", import.meta.url).href;

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "weights/waybill-zh.safetensors" },
    rounds: { type: "string", default: "15" },
  },
});

const engines: readonly [name: string, program: string | undefined, flags: readonly string[]][] = [
  ["Node 20", NODE_20.program, []],
  ["Node 22", NODE_22.program, []],
  ["Node 24", process.execPath, []],
  ["Deno", TOOLS.file(".bin/deno"), ["run", "--allow-read"]],
  ["Bun", BUN.program, []],
];
const contenders = new Map<string, () => Promise<Start>>();
for (const [name, program, flags] of engines) {
  if (program === undefined || !existsSync(program)) continue;
  contenders.set(name, async () => {
    const script = [...flags, PROGRAM, LIBRARY, values.model, SAMPLE];
    const { stdout } = await promisify(execFile)(program, script, { cwd: ROOT });
    return JSON.parse(stdout);
  });
}
const executablePath = findChromium();
const host = await hostFolder(ROOT);
const browser = executablePath && (await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] }));
if (browser) {
  contenders.set("Chromium", async () => {
    // Of its own, with nothing cached of the round before.
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(`${host.origin}/bench/start/page.html`);
      const session = await context.newCDPSession(page);
      const heapBefore = await session.send("Runtime.getHeapUsage");
      const [milliseconds, memoryBytes] = await page.evaluate(
        async ([library, model, text]) => {
          const started = performance.now();
          const { pipeline } = await import(library!);
          const tag = await pipeline("token-classification", model);
          await tag(text);
          return [performance.now() - started, tag.memoryBytes] as const;
        },
        ["/dist/browser/index.js", `/${values.model}`, SAMPLE],
      );
      const heap = await session.send("Runtime.getHeapUsage");
      return { milliseconds, memoryBytes, bytes: heap.usedSize - heapBefore.usedSize + memoryBytes };
    } finally {
      await context.close();
    }
  });
}

const starts = new Map<string, Start[]>(Array.from(contenders.keys(), (name) => [name, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, start] of contenders) starts.get(name)!.push(await start());
}
host.close();
if (browser) await browser.close();

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
for (const [name, measured] of starts) {
  const least = (of: (start: Start) => number) => Math.min(...measured.map(of));
  console.log(
    `${name}: first entities after ${least(({ milliseconds }) => milliseconds).toFixed(0)} ms, ` +
      `${megabytes(least(({ bytes }) => bytes))} of memory, ` +
      `${megabytes(least(({ memoryBytes }) => memoryBytes))} of it WebAssembly's`,
  );
}
