import type { RejectPoint } from "../metrics/reject-curve.ts";
import type { Point } from "./curves.ts";
import type { Judgement } from "./judgement.ts";
import { lineChart } from "./line-chart.ts";
import { formatCount } from "./numbers.ts";
import { reliabilityChart } from "./reliability-chart.ts";
import { type Report, wordingOf } from "./report.ts";
import { htmlTable } from "./table.ts";
import { legendOf } from "./training-section.ts";

/** The thresholds that are told in numbers. */
const TOLD = [0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];

/** The threshold of the highest F1; the lowest of several. */
export const bestThreshold = (curve: readonly RejectPoint[]): RejectPoint =>
  curve.reduce((best, point) => (point.f1 > best.f1 + 1e-9 ? point : best));

/** How far the model's probabilities can be trusted, and what rejecting the unlikely does. */
export function calibrationSection({ calibration, rejectCurve }: Judgement, { task }: Report): string {
  const { many, one } = wordingOf(task);
  const line = (value: (point: RejectPoint) => number, points = rejectCurve) =>
    points.map((point): Point => [point.threshold, value(point)]);
  // Of nothing there is no precision.
  const keeping = rejectCurve.filter(({ kept }) => kept > 0);
  const best = bestThreshold(rejectCurve);
  const f1 = line((point) => point.f1);
  const chart = lineChart({
    id: "reject",
    title: "F1, precision and recall against the reject threshold",
    description: `The highest F1, ${best.f1.toFixed(4)}, is at a threshold of ${best.threshold}.`,
    xLabel: "threshold of the probability",
    xDomain: [0, 1],
    yDomain: [0, 1],
    series: [
      { name: "F1", look: 0, points: f1, mark: [best.threshold, best.f1] },
      { name: "precision", look: 1, points: line((point) => point.precision, keeping) },
      { name: "recall", look: 2, points: line((point) => point.recall) },
    ],
  });
  const gain =
    best.threshold === 0
      ? `Rejecting anything only lowers F1.`
      : `F1 is highest, ${best.f1.toFixed(4)}, where ${many} below ${best.threshold} are rejected.`;
  return `<p>${trust(calibration.confidence, calibration.accuracy, calibration.error, many)} ${gain}</p>
<div class="figures">
<figure><figcaption>Reliability <span class="quiet">expected calibration error ${calibration.error.toFixed(4)}</span></figcaption>
${reliabilityChart(calibration)}
<p class="note">Each bar is the share of found ${many} of such a probability that is right; the thick tick is the mean of their probabilities, where the bar should end; the dashed frame is the gap between. Below: how many there are.</p></figure>
<figure><figcaption>Rejecting the unlikely <span class="quiet">a ring marks the highest F1</span></figcaption>
${chart}
${legendOf(["F1", "precision", "recall"])}
<p class="note">What is found with a probability below the threshold counts as not found${task === "classes" ? ", as if the text had been left to a person" : ""}.</p></figure>
</div>
<details><summary>In numbers</summary>
${htmlTable({
  caption: "Reliability",
  head: ["probability", `found ${many}`, "mean probability", "share right"],
  rows: calibration.bins.map(({ from, to, count, confidence, accuracy }) => [
    `${from}–${to}`,
    formatCount(count),
    count === 0 ? "–" : confidence.toFixed(4),
    count === 0 ? "–" : accuracy.toFixed(4),
  ]),
})}
${htmlTable({
  caption: `Rejecting every ${one} below a threshold`,
  head: ["threshold", "kept", "precision", "recall", "F1"],
  rows: rejectCurve
    .filter(({ threshold }) => TOLD.includes(threshold))
    .map(({ threshold, kept, precision, recall, f1 }) => [
      String(threshold),
      `${(100 * kept).toFixed(1)} %`,
      kept === 0 ? "–" : precision.toFixed(4),
      recall.toFixed(4),
      f1.toFixed(4),
    ]),
})}
</details>`;
}

/** Below this a calibration error is what a few hundred predictions give by chance. */
const NEGLIGIBLE = 0.01;

function trust(confidence: number, accuracy: number, error: number, many: string): string {
  const figures = `On average the model gives what it finds a probability of ${confidence.toFixed(4)}, and ${accuracy.toFixed(4)} of these ${many} are right`;
  const gap = confidence - accuracy;
  if (error < NEGLIGIBLE) return `${figures}: its probabilities can be taken at their word.`;
  if (Math.abs(gap) < NEGLIGIBLE)
    return `${figures}; but it is too sure in some places and too modest in others.`;
  return `${figures}: it is ${gap > 0 ? "right less often than it says" : "right more often than it says"}.`;
}
