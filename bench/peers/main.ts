// `npm run bench`: ours beside every peer. `--quick` takes three minutes, `--json` prints the rows alone, `--write`
// puts them into docs/benchmarks.md and docs/benchmarks.svg.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { styleFor, write } from "../../src/cli/terminal.ts";
import { measureAccuracy } from "./accuracy.ts";
import { renderChart } from "./chart.ts";
import { benchColdStart } from "./cold-start.ts";
import type { EncoderTask } from "./encoder-process.ts";
import type { Row } from "./measure.ts";
import { makeModel, type Shape } from "./models.ts";
import { renewFigures } from "./page.ts";
import { PEERS } from "./peers.ts";
import { renderMarkdown, renderRows } from "./report.ts";
import { benchWaybills } from "./waybills.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const LENGTHS = [16, 32, 128, 512];
const EFFORT = { budget: options.quick ? 3000 : 20_000, fewest: options.quick ? 3 : 5, most: 101 };
const PLAN: readonly { shape: Shape; threads: number; lengths: readonly number[] }[] = options.quick
  ? [
      { shape: "small", threads: 1, lengths: LENGTHS },
      { shape: "small", threads: 2, lengths: [128] },
      { shape: "base", threads: 1, lengths: [128] },
    ]
  : (["small", "base"] as const).flatMap((shape) =>
      [1, 2].map((threads) => ({ shape, threads, lengths: LENGTHS })),
    );
const COLD_STARTS = { budget: 0, fewest: options.quick ? 5 : 15, most: 15 };
const WAYBILL_ROUNDS = { budget: 0, fewest: options.quick ? 3 : 7, most: 7 };

const say = (message: string) => process.stderr.write(`${message}\n`);

async function encoderRows(task: EncoderTask): Promise<Row[]> {
  const script = fileURLToPath(new URL("encoder-process.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(task)]);
  return JSON.parse(stdout);
}

async function bench(): Promise<Row[]> {
  const rows: Row[] = [];
  say("making the models");
  const models = { small: await makeModel("small"), base: await makeModel("base") };
  for (const { shape, threads, lengths } of PLAN) {
    say(`ELECTRA-${shape} at ${lengths.join(", ")} tokens, threads: ${threads}`);
    const task = { model: models[shape], lengths, threads };
    // onnxruntime's threads spin for a while once they are done, which would take a core from whoever comes next; and
    // a core that has slept for a run's length takes a millisecond to be as quick as in a stream of texts.
    const effort = threads > 1 ? { ...EFFORT, leads: 2 } : EFFORT;
    rows.push(...(await encoderRows({ kind: "peers", ...task, effort })));
    if (threads > 1) rows.push(...(await encoderRows({ kind: "threads", ...task, effort })));
  }
  say("cold starts");
  rows.push(...(await benchColdStart(models.small, COLD_STARTS)));
  say("waybills in Chromium");
  const waybills = await benchWaybills(models.small, !options.quick, WAYBILL_ROUNDS);
  if (waybills === undefined) say("no Chromium, so no comparison with transformers.js");
  rows.push(...(waybills ?? []));
  return rows;
}

async function writeDocs(rows: readonly Row[]): Promise<void> {
  const text = await renderMarkdown(rows, await measureAccuracy());
  await renewFigures("npm run bench -- --write", text, "benchmarks.svg", renderChart(rows));
}

if (!PEERS.installed) {
  say("installing the peers");
  PEERS.install();
}
const rows = await bench();
if (options.write) say("accuracy");
if (options.write) await writeDocs(rows);
await write(
  process.stdout,
  options.json
    ? `${JSON.stringify({ rows }, undefined, 2)}\n`
    : renderRows(rows, styleFor(process.stdout, process.env)),
);
process.exit();
