import { meanDeviation } from "../metrics/mean-deviation.ts";
import { type Point, type SeedCurves, type StepEntry, thin } from "./curves.ts";
import { type LineChart, lineChart, lookOf } from "./line-chart.ts";
import { formatCount, formatRate, formatSeconds } from "./numbers.ts";
import { type Report, type SeedOutcome, wordingOf } from "./report.ts";
import { htmlTable, safe } from "./table.ts";

/** More would show no more on a page, and make a long run's report large. */
const MOST_POINTS = 120;

/** How each seed went: curves, and a table of what they came to. */
export function trainingSection({ task, curves, outcomes }: Report): string {
  if (curves.length === 0) return `<p class="note">No step has been logged yet.</p>`;
  const { metric } = wordingOf(task);
  const curve = (
    id: string,
    title: string,
    logarithmic: boolean,
    value: (entry: StepEntry) => number | null,
  ) =>
    figure(
      {
        id,
        title,
        description: describe(curves, ({ steps }) => steps.map(value).filter((y) => y !== null)),
        xLabel: "step",
        wholeX: true,
        logarithmic,
        series: curves.map(({ seed, steps }, look) => ({
          name: `seed ${seed}`,
          look,
          points: thin(
            steps
              .map((entry) => [entry.step, value(entry)] as const)
              .filter((point): point is Point => point[1] !== null),
            MOST_POINTS,
          ),
        })),
      },
      "",
    );
  return `<div class="figures">
${scoreChart(curves, outcomes, metric)}
${curve("loss", "Loss", true, ({ loss }) => loss)}
${curve("rate", "Learning rate", false, ({ learningRate }) => learningRate)}
${curve("norm", "Norm of the gradients, before clipping", true, ({ gradientNorm }) => gradientNorm)}
</div>
${legend(curves)}
${seedTable(curves, outcomes, metric)}`;
}

function scoreChart(
  curves: readonly SeedCurves[],
  outcomes: readonly SeedOutcome[],
  metric: "F1" | "accuracy",
): string {
  const scored = curves.map((curve, look) => ({ ...curve, look })).filter(({ epochs }) => epochs.length > 0);
  const title = `Dev ${metric}`;
  if (scored.length === 0) {
    return `<figure><figcaption>${title}</figcaption><p class="note">No epoch has ended yet.</p></figure>`;
  }
  const last = Math.max(...scored.map(({ epochs }) => epochs.at(-1)!.epoch));
  const series = scored.map(({ seed, epochs, look }) => {
    const points = epochs.map(({ epoch, score }): Point => [epoch, score]);
    const best = points.reduce((a, b) => (b[1] > a[1] ? b : a));
    return { name: `seed ${seed}`, look, points, mark: best };
  });
  const spread = outcomes.length > 1 ? meanDeviation(outcomes.map(({ score }) => score)) : undefined;
  return figure(
    {
      id: "score",
      title,
      description: describe(scored, ({ epochs }) => epochs.map(({ score }) => score)),
      xLabel: "epoch",
      xDomain: [Math.min(1, last - 1), last],
      yDomain: tenthsAround(scored.flatMap(({ epochs }) => epochs.map(({ score }) => score))),
      wholeX: true,
      series,
    },
    spread === undefined
      ? "a ring marks the best epoch"
      : `best epochs, ringed: ${spread.mean.toFixed(4)} ± ${spread.deviation.toFixed(4)}`,
  );
}

/** From a tenth below the lowest to one above the highest, so that scores near 1 can be told apart. */
function tenthsAround(scores: readonly number[]): [number, number] {
  const low = Math.floor(10 * Math.min(...scores)) / 10;
  return [low, Math.max(low + 0.1, Math.ceil(10 * Math.max(...scores)) / 10)];
}

function figure(chart: LineChart, note: string): string {
  const aside = note === "" ? "" : ` <span class="quiet">${safe(note)}</span>`;
  return `<figure><figcaption>${safe(chart.title)}${aside}</figcaption>${lineChart(chart)}</figure>`;
}

function describe(curves: readonly SeedCurves[], values: (curve: SeedCurves) => readonly number[]): string {
  const digits = (value: number) => Number(value.toPrecision(4));
  return curves
    .map((curve) => {
      const own = values(curve);
      const [low, high] = own.reduce(
        ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
        [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      );
      return `seed ${curve.seed}: from ${digits(own[0]!)} to ${digits(own.at(-1)!)}, lowest ${digits(low)}, highest ${digits(high)}`;
    })
    .join("; ");
}

const swatch = (look: number) =>
  `<svg class="swatch" viewBox="0 0 36 8" aria-hidden="true"><g class="series" ${lookOf(look)}><path d="M0,4H36"/></g></svg>`;

/** Lines of a chart with their names. */
export const legendOf = (names: readonly string[]): string =>
  `<ul class="legend" aria-label="Lines">${names.map((name, look) => `<li>${swatch(look)}${safe(name)}</li>`).join("")}</ul>`;

const legend = (curves: readonly SeedCurves[]) =>
  curves.length === 1 ? "" : legendOf(curves.map(({ seed }) => `seed ${seed}`));

function seedTable(
  curves: readonly SeedCurves[],
  outcomes: readonly SeedOutcome[],
  metric: "F1" | "accuracy",
): string {
  const rows = curves.map(({ seed, epochs, steps, tokens, seconds: soFar }, index) => {
    const going = outcomes.length === 0 && index === curves.length - 1;
    const outcome = outcomes.find((outcome) => outcome.seed === seed);
    const best = epochs.reduce((best, { score }) => Math.max(best, score), 0);
    const seconds = outcome?.seconds ?? soFar;
    return [
      `${seed}${going ? ", so far" : ""}`,
      epochs.length === 0 ? "–" : (outcome?.score ?? best).toFixed(4),
      String(outcome?.bestEpoch ?? epochs.find(({ score }) => score === best)?.epoch ?? "–"),
      String(outcome?.epochs ?? epochs.length),
      formatCount(steps.length),
      steps.at(-1)!.loss.toPrecision(3),
      seconds === undefined ? "–" : formatSeconds(seconds),
      seconds === undefined ? "–" : formatRate(tokens, seconds),
    ];
  });
  return htmlTable({
    caption: "Seeds",
    head: ["seed", `dev ${metric}`, "best epoch", "epochs", "steps", "last loss", "time", "tokens/s"],
    rows,
  });
}
