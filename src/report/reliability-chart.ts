import { scaleLinear } from "d3-scale";
import type { Calibration } from "../metrics/calibration.ts";
import { round, svg } from "./line-chart.ts";

const WIDTH = 440;
const HEIGHT = 300;
const MARGIN = { top: 26, right: 14, bottom: 36, left: 48 };
const COUNTS_HEIGHT = 44;
const GAP = 12;

/**
 * A reliability diagram: for each bin of probabilities the share that is right, as a bar, with a tick where it should
 * be; below, how many predictions each bin has.
 */
export function reliabilityChart({ bins, error }: Calibration): string {
  const bottom = HEIGHT - MARGIN.bottom - COUNTS_HEIGHT - GAP;
  const x = scaleLinear([0, 1], [MARGIN.left, WIDTH - MARGIN.right]);
  const y = scaleLinear([0, 1], [bottom, MARGIN.top]);
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const floor = HEIGHT - MARGIN.bottom;
  const tall = scaleLinear([0, most], [0, COUNTS_HEIGHT]);
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const body = [
    ...ticks.map(
      (tick) =>
        `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/>` +
        `<text class="tick" x="${MARGIN.left - 7}" y="${round(y(tick) + 4)}" text-anchor="end">${tick}</text>` +
        `<text class="tick" x="${round(x(tick))}" y="${floor + 17}" text-anchor="middle">${tick}</text>`,
    ),
    `<line class="ideal" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>`,
    ...bins
      .filter(({ count }) => count > 0)
      .map(({ from, to, accuracy, confidence, count }) => {
        const left = round(x(from) + 2);
        const width = round(x(to) - x(from) - 4);
        const [top, due] = [round(y(accuracy)), round(y(confidence))];
        const height = round(tall(count));
        return (
          `<rect class="bar" x="${left}" y="${top}" width="${width}" height="${round(bottom - top)}"/>` +
          `<rect class="gap" x="${left}" y="${Math.min(top, due)}" width="${width}" height="${round(Math.abs(top - due))}"/>` +
          `<line class="due" x1="${left}" x2="${round(left + width)}" y1="${due}" y2="${due}"/>` +
          `<rect class="count" x="${left}" y="${round(floor - height)}" width="${width}" height="${height}"/>`
        );
      }),
    `<line class="base" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${bottom}" y2="${bottom}"/>`,
    `<line class="base" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${floor}" y2="${floor}"/>`,
    `<text class="tick" x="${MARGIN.left - 7}" y="${floor}" text-anchor="end">count</text>`,
    `<text class="axis" x="4" y="12">share that is right</text>`,
    `<text class="axis" x="${WIDTH - MARGIN.right}" y="${HEIGHT - 4}" text-anchor="end">probability that the model gave</text>`,
  ];
  const description = bins
    .filter(({ count }) => count > 0)
    .map(
      ({ from, to, count, confidence, accuracy }) =>
        `from ${from} to ${to}: ${count}, mean probability ${confidence.toFixed(3)}, right ${accuracy.toFixed(3)}`,
    )
    .join("; ");
  return svg(
    {
      id: "reliability",
      title: `Reliability diagram; expected calibration error ${error.toFixed(4)}`,
      description,
    },
    WIDTH,
    HEIGHT,
    body,
  );
}
