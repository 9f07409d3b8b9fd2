import { readdir, readFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { check, measure } from "./check.ts";
import { loadTarget, type TargetName } from "./target.ts";

const root = new URL("../../", import.meta.url);

/** Runs each file of a corpus, and prints what of the parser's sources that has covered and what it has cost. */
export async function replay(name: TargetName, corpus: string): Promise<void> {
  const inputs = await Promise.all((await readdir(corpus)).map((file) => readFile(join(corpus, file))));
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const target = await loadTarget(name);
  for (const bytes of inputs) await check(target, bytes);
  const { result } = await session.post("Profiler.takePreciseCoverage");
  await session.post("Profiler.stopPreciseCoverage");
  session.disconnect();

  const [slowest, largest] = [{ milliseconds: 0 }, { bytes: 0, of: 0 }];
  for (const input of inputs) {
    const { milliseconds, bytes } = await measure(target, input);
    if (milliseconds > slowest.milliseconds) slowest.milliseconds = milliseconds;
    if (bytes > largest.bytes) Object.assign(largest, { bytes, of: input.length });
  }
  console.log(`${name}: ${inputs.length} inputs, the slowest ${slowest.milliseconds.toFixed(1)} ms,`);
  console.log(`  the most that one allocated ${largest.bytes} bytes, for ${largest.of}`);
  let [all, covered] = [0, 0];
  for (const path of target.sources) {
    const url = new URL(path, root);
    const script = result.find((entry) => entry.url === url.href);
    const lines = await linesOf(fileURLToPath(url), script?.functions.flatMap(({ ranges }) => ranges) ?? []);
    const hit = lines.filter((line) => line.covered);
    const missed = lines.filter((line) => !line.covered).map(({ number }) => number);
    console.log(
      `  ${path}: ${hit.length} of ${lines.length} lines${missed.length > 0 ? `, not ${missed}` : ""}`,
    );
    all += lines.length;
    covered += hit.length;
  }
  console.log(`  line coverage ${((100 * covered) / all).toFixed(1)} %`);
}

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** The lines that hold code, with whether every statement that begins on one has run. */
async function linesOf(path: string, ranges: readonly Range[]) {
  const code = stripTypeScriptTypes(await readFile(path, "utf8"));
  // V8 gives outer ranges before the ones that lie in them, which say it better.
  const counts = new Uint32Array(code.length);
  for (const { startOffset, endOffset, count } of ranges) counts.fill(count, startOffset, endOffset);
  const lines: { number: number; covered: boolean }[] = [];
  let at = 0;
  let comment = false;
  for (const [index, line] of code.split("\n").entries()) {
    const text = line.trim();
    if (text.startsWith("/*")) comment = true;
    if (!comment && !text.startsWith("//") && /\w/.test(text)) {
      lines.push({ number: index + 1, covered: counts[at + line.indexOf(text)]! > 0 });
    }
    if (text.endsWith("*/")) comment = false;
    at += line.length + 1;
  }
  return lines;
}
