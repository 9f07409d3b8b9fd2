// What tagging 1 MB takes in memory beyond 10 KB, each in a process of its own that reads its text from a file. Made-up
// waybills, a line each, or all in one line with --one-line.
//
//   node bench/long-texts/main.ts [--one-line] [MODEL]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { getHeapSpaceStatistics } from "node:v8";
import { waybills } from "../../examples/waybill/waybills.ts";
import { pipeline } from "../../src/index.node.ts";
import { peakBytes } from "../peers/memory.ts";

const { values, positionals } = parseArgs({
  options: { text: { type: "string" }, "one-line": { type: "boolean", default: false } },
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
  /** Of the engine's space for new objects, which it widens while many of them stay. */
  readonly nursery: number;
}

async function tagFile(file: string): Promise<Result> {
  const tag = await pipeline("token-classification", model);
  const text = readFileSync(file, "utf8");
  const started = performance.now();
  const entities = await tag(text);
  const seconds = (performance.now() - started) / 1000;
  const nursery = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")!;
  return {
    characters: text.length,
    entities: entities.length,
    seconds,
    peak: peakBytes(),
    nursery: nursery.physical_space_size,
  };
}

if (values.text !== undefined) {
  console.log(JSON.stringify(await tagFile(values.text)));
} else {
  const folder = mkdtempSync(join(tmpdir(), "electra-edge-long-texts-"));
  const measure = (bytes: number): Result => {
    const file = join(folder, `${bytes}.txt`);
    writeFileSync(file, madeUp(bytes, values["one-line"] ? "。" : "\n"));
    const given = [fileURLToPath(import.meta.url), "--text", file, model];
    return JSON.parse(execFileSync(process.execPath, given, { encoding: "utf8" }));
  };
  const [small, large] = [measure(SMALL), measure(LARGE)];
  rmSync(folder, { recursive: true });
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  for (const [name, { characters, entities, seconds, ...memory }] of Object.entries({ small, large })) {
    const found = `${characters} characters, ${entities} entities, ${seconds.toFixed(1)} s`;
    console.log(`${name}: ${found}, peak ${megabytes(memory.peak)}, nursery ${megabytes(memory.nursery)}`);
  }
  console.log(`the large one takes ${megabytes(large.peak - small.peak)} more`);
}
