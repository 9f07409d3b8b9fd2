import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { EngineSpec, Sample } from "./engines.ts";
import { compare, type Effort, interleave, type Row } from "./measure.ts";
import { type BenchModel, sampleText } from "./models.ts";

const SCRIPT = fileURLToPath(new URL("start-process.ts", import.meta.url));

/** A new process's first answer; bytes of the process beyond what it had before the import. */
export interface Start {
  /** From before the import to the first answer, file read and packing included. */
  readonly milliseconds: number;
  /** At its highest while loading. */
  readonly loading: number;
  /** After the first answer. */
  readonly running: number;
}

export async function start(spec: EngineSpec, sample: Sample): Promise<Start> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, JSON.stringify({ spec, sample })]);
  return JSON.parse(stdout);
}

/** As long as a waybill. */
const TOKENS = 48;

const MEGABYTE = 1e6;

/**
 * New processes, one after the other: the time to the first answer, and the memory that it took. In the rows of memory the
 * columns are megabytes.
 */
export async function benchColdStart({ shape, int8, onnxInt8 }: BenchModel, effort: Effort): Promise<Row[]> {
  const sample = await sampleText(TOKENS);
  const starts = new Map<string, Start[]>();
  const contender = (name: string, spec: EngineSpec) => ({
    name,
    run: async () => starts.set(name, [...(starts.get(name) ?? []), await start(spec, sample)]),
  });
  await interleave(
    [
      contender("ours", { runtime: "electra-edge", model: int8, threads: 1 }),
      contender("ort-web", { runtime: "onnxruntime-web", model: onnxInt8, threads: 1 }),
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
