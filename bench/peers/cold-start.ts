import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compare, type Effort, interleave, type Row } from "./measure.ts";
import { type BenchModel, sampleText } from "./models.ts";

const run = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** What `start-*.ts` prints; bytes of the process beyond what it had before the import. */
interface Start {
  readonly milliseconds: number;
  /** At its highest while loading. */
  readonly loading: number;
  /** After the first answer. */
  readonly running: number;
}

/** As long as a waybill. */
const TOKENS = 48;

const MEGABYTE = 1e6;

/**
 * New processes, one after the other: the time from before the import to the first answer, file read and packing
 * included, and the memory that it took. In the rows of memory the columns are megabytes.
 */
export async function benchColdStart({ shape, int8, onnxInt8 }: BenchModel, effort: Effort): Promise<Row[]> {
  const { text, ids } = await sampleText(TOKENS);
  const starts = new Map<string, Start[]>();
  const contender = (name: string, file: string, ...arguments_: string[]) => ({
    name,
    async run() {
      const { stdout } = await run(process.execPath, [script(file), ...arguments_]);
      starts.set(name, [...(starts.get(name) ?? []), JSON.parse(stdout)]);
    },
  });
  await interleave(
    [
      contender("ours", "start-ours.ts", int8, text),
      contender("ort-web", "start-ort-web.ts", onnxInt8, JSON.stringify(ids)),
    ],
    effort,
  );
  const measured = (name: string, of: (start: Start) => number) => starts.get(name)!.slice(1).map(of);
  const place = { shape, tokens: TOKENS, threads: 1 };
  const pair = (of: (start: Start) => number) =>
    new Map(["ours", "ort-web"].map((name) => [name, measured(name, of)]));
  return [
    ...compare(
      pair(({ milliseconds }) => milliseconds),
      ["ours", "ort-web"],
      { figure: "cold-start/ort-web", ...place },
    ),
    ...compare(
      pair(({ running }) => running / MEGABYTE),
      ["ours", "ort-web"],
      { figure: "memory", ...place },
    ),
    ...compare(
      pair(({ loading }) => loading / MEGABYTE),
      ["ours", "ort-web"],
      { figure: "memory-loading", ...place },
    ),
  ];
}
