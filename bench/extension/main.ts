// `npm run bench:extension`: the size of the example's extension, and in Chromium its start, its speed and its memory. Times are
// by the clock, so that whatever else runs disturbs them; the CPU time beside them is disturbed less.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { buildExtension, ExtensionBrowser } from "../../test/examples/extension-harness.ts";
import { longPage, watchPage } from "../../test/examples/extension-page.ts";
import type { Popup } from "../../test/examples/extension-popup.ts";
import { findChromium } from "../../test/runtimes/chromium.ts";

const MEGABYTE = 1024 * 1024;
/** Of Linux's clock that counts processes' CPU. */
const MILLISECONDS_A_TICK = 10;
const mb = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`;

const { values } = parseArgs({
  options: {
    characters: { type: "string", default: "20000" },
    repeats: { type: "string", default: "10" },
  },
});
const [characters, repeats] = [Number(values.characters), Number(values.repeats)];

const chromium = findChromium();
if (chromium === undefined) throw new Error("Chromium is missing; `npm run test:setup` installs it");
const folder = await mkdtemp(join(tmpdir(), "electra-edge-bench-extension-"));
try {
  await buildExtension(folder);
  measureSize();
  const browser = await ExtensionBrowser.launch(chromium, folder);
  try {
    await measure(browser);
  } finally {
    await browser.close();
  }
} finally {
  await rm(folder, { recursive: true });
}

function measureSize(): void {
  const files = (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
  const sum = (size: (bytes: Buffer) => number) =>
    files.reduce((total, path) => total + size(readFileSync(path)), 0);
  console.log(
    `package: ${mb(sum(({ length }) => length))}, ${mb(sum((bytes) => gzipSync(bytes).length))} gzipped`,
  );
}

async function measure(browser: ExtensionBrowser): Promise<void> {
  console.log(`${availableParallelism()} cores of ${cpus()[0]!.model}, ${await browserVersion(browser)}`);
  const page = await browser.open({ body: longPage(characters) });
  const popup = await browser.openPopup(page);
  const before = extensionBytes();

  const starts: number[] = [];
  for (let i = 0; i < repeats; i++) {
    await popup.click("#clear");
    await browser.kill((url) => /service-worker\.js$|offscreen\.html$/.test(url));
    const watched = await watchPage(page);
    await mark(popup);
    starts.push((await watched.stop()).first.milliseconds);
  }
  print("first marks, document and model being loaded", starts);
  console.log(`memory: the extension's process has grown by ${mb(extensionBytes() - before)}`);

  const firsts: number[] = [];
  const alls: number[] = [];
  const cpu: number[] = [];
  const tasks: number[] = [];
  for (let i = 0; i < repeats; i++) {
    await popup.click("#clear");
    const watched = await watchPage(page);
    const cpuBefore = chromiumCpu();
    await mark(popup);
    cpu.push(chromiumCpu() - cpuBefore);
    const { first, all } = await watched.stop();
    firsts.push(first.milliseconds);
    alls.push(all.milliseconds);
  }
  print("first marks, all loaded", firsts);
  print(`all marks of ${characters} characters`, alls);
  print("CPU of all Chromium's processes meanwhile", cpu);
  for (let i = 0; i < repeats; i++) {
    await popup.click("#clear");
    tasks.push(await browser.longestTask(() => mark(popup)));
  }
  print("longest task of the page's main thread, in CPU", tasks);
}

async function mark(popup: Popup): Promise<void> {
  await popup.evaluate("document.querySelector('#status').textContent = ''");
  await popup.click("#mark");
  await popup.until("/marked in|ailed/.test(document.querySelector('#status').textContent)");
  const said = await popup.evaluate<string>("document.querySelector('#status').textContent");
  if (!said.includes("marked in")) throw new Error(said);
}

function print(what: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const [least, middle] = [sorted[0]!, sorted[sorted.length >> 1]!];
  const load = loadavg()[0]!.toFixed(1);
  console.log(`${what}: ${least.toFixed(0)} ms, ${middle.toFixed(0)} ms in the middle (load ${load})`);
}

async function browserVersion(browser: ExtensionBrowser): Promise<string> {
  return `Chromium ${browser.context.browser()!.version()}`;
}

/** Of all processes below this one, in milliseconds of user and system; Linux tells it. */
function chromiumCpu(): number {
  return descendants(String(process.pid)).reduce((sum, pid) => {
    const fields = readProc(`${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
    return sum + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * MILLISECONDS_A_TICK;
  }, 0);
}

/** What the processes of the extension hold, by Linux's proportional count. */
function extensionBytes(): number {
  return descendants(String(process.pid))
    .filter((pid) => readProc(`${pid}/cmdline`).includes("--extension-process"))
    .reduce(
      (sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(readProc(`${pid}/smaps_rollup`))?.[1] ?? 0) * 1024,
      0,
    );
}

function descendants(pid: string): string[] {
  const threads = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : [];
  const children = threads.flatMap((thread) => readProc(`${pid}/task/${thread}/children`).trim().split(" "));
  return children.filter((child) => child !== "").flatMap((child) => [child, ...descendants(child)]);
}

/** Empty where the process has ended meanwhile. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return "";
  }
}
