// `npm run bench:leaderboard`: every shipped model in every storage and on both paths, beside the peers with the same
// weights. `--data MODEL=FILE` scores on a set of one's own, `--quick` takes two rounds, `--json` prints the rows alone,
// `--write` puts them into docs/benchmarks.md and docs/leaderboard.svg.
import { parseArgs } from "node:util";
import { styleFor, write } from "../../src/cli/terminal.ts";
import { formatSeconds } from "../../src/report/numbers.ts";
import { start } from "../peers/cold-start.ts";
import { type Engine, openEngine, type Sample } from "../peers/engines.ts";
import { interleave, median } from "../peers/measure.ts";
import { describeMachine, renewFigures } from "../peers/page.ts";
import { PEERS } from "../peers/peers.ts";
import { DESCRIPTION, renderChart } from "./chart.ts";
import { type Board, type BoardRow, renderBoards, renderMarkdown } from "./report.ts";
import { type Entrant, makeEntrants, SHIPPED, type ShippedModel, sourceOf } from "./shipped.ts";
import type { Trial } from "./trial.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    data: { type: "string", multiple: true, default: [] },
  },
});
const EFFORT = options.quick ? { budget: 0, fewest: 2, most: 2 } : { budget: 20_000, fewest: 5, most: 51 };
const STARTS = { budget: 0, fewest: options.quick ? 1 : 4, most: 4 };
/** Texts that are timed, spread over all. */
const TIMED = 24;

const own = new Map(options.data.map((given) => given.split("=", 2) as [string, string]));
const strangers = [...own.keys()].filter((name) => !SHIPPED.some((model) => model.name === name));
if (strangers.length > 0) {
  throw new Error(
    `--data: no model ${strangers.join(", ")}; there are ${SHIPPED.map(({ name }) => name).join(", ")}`,
  );
}

async function board(model: ShippedModel, say: (what: string) => void): Promise<Board> {
  const given = own.get(model.name);
  say("making its forms");
  const trial = await model.trial(sourceOf(model), given === undefined ? model.data : [given]);
  const opened: { entrant: Entrant; engine: Engine; score: number; scoreWithoutCrf?: number }[] = [];
  for (const entrant of await makeEntrants(model)) {
    const { name, spec } = entrant;
    const engine = await openEngine(name, spec);
    if (engine === undefined) continue;
    say(`scoring ${name}`);
    opened.push({ entrant, engine, ...(await score(engine, trial)) });
  }
  say("timing");
  const stride = Math.max(1, Math.floor(trial.samples.length / TIMED));
  const timed = trial.samples.filter((_, i) => i % stride === 0).slice(0, TIMED);
  const timings = await interleave(
    opened.map(({ engine }) => contender(engine, timed)),
    EFFORT,
  );
  for (const { engine } of opened) await engine.dispose();
  say("starting new processes");
  const starts = new Map(
    opened.map(({ entrant }) => [entrant.name, [] as Awaited<ReturnType<typeof start>>[]]),
  );
  await interleave(
    opened.map(({ entrant: { name, spec } }) => ({
      name,
      run: async () => starts.get(name)!.push(await start(spec, timed[0]!)),
    })),
    STARTS,
  );
  const fastest = opened
    .filter(({ entrant }) => entrant.spec.runtime === "electra-edge")
    .map(({ entrant }) => timings.get(entrant.name)!)
    .reduce((a, b) => (median(b) < median(a) ? b : a));
  const rows = opened.map(({ entrant: { name, spec, bytes }, score, scoreWithoutCrf }): BoardRow => {
    const times = timings.get(name)!;
    const measured = starts.get(name)!.slice(1);
    return {
      engine: name,
      runtime: spec.runtime,
      score,
      score_without_crf: scoreWithoutCrf,
      bytes,
      ms: median(times) / timed.length,
      ratio: median(times.map((time, round) => time / fastest[round]!)),
      memory_bytes: median(measured.map(({ running }) => running)),
      start_ms: median(measured.map(({ milliseconds }) => milliseconds)),
    };
  });
  return {
    model: model.name,
    task: model.task,
    metric: trial.metric,
    counted: trial.counted,
    too_long: trial.tooLong,
    rows: rows.sort((a, b) => a.ms - b.ms),
  };
}

/** The peers are scored by their graph's numbers: their pipelines know no CRF. */
async function score({ graph, on }: Engine, trial: Trial) {
  const answersOf = async <Answer>(run: (sample: Sample) => Promise<Answer>) => {
    const answers: Answer[] = [];
    for (const sample of trial.samples) answers.push(await run(sample));
    return answers;
  };
  if (graph === undefined) return { score: trial.score(await answersOf((sample) => on(sample).run())) };
  const answers = await answersOf(graph);
  return { score: trial.scoreGraph(answers), scoreWithoutCrf: trial.scoreWithoutCrf?.(answers) };
}

/** All texts, one after the other. */
const contender = (engine: Engine, samples: readonly Sample[]) => {
  const each = samples.map((sample) => engine.on(sample));
  return {
    name: engine.name,
    async run() {
      for (const { run } of each) await run();
    },
  };
};

if (!PEERS.installed) PEERS.install();
const started = performance.now();
const boards: Board[] = [];
for (const [i, model] of SHIPPED.entries()) {
  const elapsed = (performance.now() - started) / 1000;
  const left = i === 0 ? "" : `, about ${formatSeconds((elapsed / i) * (SHIPPED.length - i))} left`;
  const place = `${i + 1} of ${SHIPPED.length}${left}`;
  boards.push(await board(model, (what) => process.stderr.write(`${model.name} (${place}): ${what}\n`)));
}
if (options.write) {
  const picture = "leaderboard.svg";
  const text = `${await describeMachine()}\n\n![${DESCRIPTION}](${picture})\n\n${renderMarkdown(boards)}`;
  await renewFigures("npm run bench:leaderboard -- --write", text, picture, renderChart(boards));
}
await write(
  process.stdout,
  options.json
    ? `${JSON.stringify({ boards }, undefined, 2)}\n`
    : renderBoards(boards, styleFor(process.stdout, process.env)),
);
process.exit();
