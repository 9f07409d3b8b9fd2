// What tagging 1 MB takes in memory beyond 10 KB, each in a process of its own. Made-up waybills, a line each, or
// all in one line with --one-line.
//
//   node bench/long-texts/main.ts [--one-line] [MODEL]
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { waybills } from "../../examples/waybill/waybills.ts";
import { pipeline } from "../../src/index.node.ts";
import { peakBytes } from "../peers/memory.ts";

const { values, positionals } = parseArgs({
  options: { bytes: { type: "string" }, "one-line": { type: "boolean", default: false } },
  allowPositionals: true,
});
const SMALL = 1e4;
const LARGE = 1e6;

const model =
  positionals[0] ?? fileURLToPath(new URL("../../weights/waybill-zh.safetensors", import.meta.url));

/** Made-up waybills of about so many bytes in all. */
function madeUp(bytes: number, separator: string): string {
  const lines: string[] = [];
  let length = 0;
  for (const parts of waybills(7)) {
    const line = parts
      .map(({ text }) => text)
      .join("")
      .replaceAll("\n", " ");
    length += Buffer.byteLength(line) + Buffer.byteLength(separator);
    if (length > bytes) break;
    lines.push(line);
  }
  return lines.join(separator);
}

interface Result {
  readonly characters: number;
  readonly entities: number;
  readonly seconds: number;
  readonly peak: number;
}

async function tagOne(bytes: number): Promise<Result> {
  const tag = await pipeline("token-classification", model);
  const all = madeUp(LARGE, values["one-line"] ? "。" : "\n");
  // Whatever the making of the text took, both processes took it.
  const text =
    bytes === LARGE
      ? all
      : Buffer.from(all)
          .toString("utf8", 0, bytes)
          .replace(/\uFFFD+$/u, "");
  const started = performance.now();
  const entities = await tag(text);
  const seconds = (performance.now() - started) / 1000;
  return { characters: text.length, entities: entities.length, seconds, peak: peakBytes() };
}

if (values.bytes !== undefined) {
  console.log(JSON.stringify(await tagOne(Number(values.bytes))));
} else {
  const measure = (bytes: number): Result => {
    const line = values["one-line"] ? ["--one-line"] : [];
    const given = [fileURLToPath(import.meta.url), "--bytes", String(bytes), ...line, model];
    return JSON.parse(execFileSync(process.execPath, given, { encoding: "utf8" }));
  };
  const [small, large] = [measure(SMALL), measure(LARGE)];
  for (const [name, { characters, entities, seconds, peak }] of Object.entries({ small, large })) {
    const time = `${seconds.toFixed(1)} s`;
    console.log(
      `${name}: ${characters} characters, ${entities} entities, ${time}, peak ${(peak / 1e6).toFixed(1)} MB`,
    );
  }
  console.log(`the large one takes ${((large.peak - small.peak) / 1e6).toFixed(1)} MB more`);
}
