import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import type { Point } from "./curves.ts";
import { escapeHtml } from "./html.ts";

/** A line and how it is told from others: by colour and by dashes. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Its place among the colours and dashes. */
  readonly look: number;
  /** A point to mark with a ring. */
  readonly mark?: Point;
}

export interface LineChart {
  readonly id: string;
  readonly title: string;
  /** What there is to see, for those who don't see it. */
  readonly description: string;
  readonly xLabel: string;
  readonly series: readonly Series[];
  /** Of the vertical axis; what the points take by default. */
  readonly yDomain?: readonly [number, number];
  readonly xDomain?: readonly [number, number];
  /** Whether the vertical axis may be logarithmic, where values lie far apart. */
  readonly logarithmic?: boolean;
  /** What says that it is; "log scale" by default. */
  readonly logarithmicLabel?: string;
  /** Whether only whole numbers make sense on the horizontal axis. */
  readonly wholeX?: boolean;
}

const WIDTH = 440;
const HEIGHT = 230;
const MARGIN = { top: 10, right: 14, bottom: 36, left: 48 };
const DASHES = ["none", "7 3", "2 3", "9 3 2 3", "12 4", "4 2"];

/** Values that reach this many times higher than their lowest are shown on a logarithmic axis. */
const LOGARITHMIC_FROM = 30;

/** Hues far apart, as those of entity types: see `hueOf`. */
export const lookOf = (look: number): string =>
  `style="--hue: ${Math.round(255 + look * 137.5) % 360}; --dash: ${DASHES[look % DASHES.length]}"`;

/** Lines over a grid as SVG, which grows and shrinks with its surroundings. */
export function lineChart(chart: LineChart): string {
  const points = chart.series.flatMap(({ points }) => points);
  const ys = points.map(([, y]) => y);
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const logarithmic = chart.logarithmic === true && low > 0 && high / low >= LOGARITHMIC_FROM;
  const xs = points.map(([x]) => x);
  const x = scaleLinear(chart.xDomain ?? extentOf(xs), [MARGIN.left, WIDTH - MARGIN.right]);
  const range = [HEIGHT - MARGIN.bottom, MARGIN.top];
  const y = logarithmic
    ? scaleLog([low * 0.8, high * 1.25], range)
    : scaleLinear(chart.yDomain ?? [Math.min(0, low), high || 1], range).nice(4);
  const path = line<Point>(
    ([value]) => x(value),
    ([, value]) => y(value),
  );
  const yTicks = logarithmic ? decades(y.domain() as [number, number]) : y.ticks(4);
  const xTicks = x.ticks(5).filter((tick) => !chart.wholeX || Number.isInteger(tick));
  const body = [
    ...yTicks.map((tick) => horizontal(y(tick), formatTick(tick))),
    ...xTicks.map((tick) => vertical(x(tick), formatTick(tick))),
    `<text class="axis" x="${WIDTH - MARGIN.right}" y="${HEIGHT - 4}" text-anchor="end">${escapeHtml(chart.xLabel)}</text>`,
    logarithmic
      ? `<text class="axis" x="${WIDTH - MARGIN.right}" y="${MARGIN.top + 4}" text-anchor="end">${escapeHtml(chart.logarithmicLabel ?? "log scale")}</text>`
      : "",
    ...chart.series.map(({ points, look, mark }) => {
      const dot = points.length === 1 || mark !== undefined ? (mark ?? points[0]!) : undefined;
      const ring =
        dot === undefined ? "" : `<circle cx="${round(x(dot[0]))}" cy="${round(y(dot[1]))}" r="4"/>`;
      return `<g class="series" ${lookOf(look)}><path d="${shorten(path(points) ?? "")}"/>${ring}</g>`;
    }),
  ];
  return svg(chart, WIDTH, HEIGHT, body);
}

/** An SVG with the title and description that readers of the screen are told. */
export function svg(
  { id, title, description }: Pick<LineChart, "id" | "title" | "description">,
  width: number,
  height: number,
  body: readonly string[],
): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${escapeHtml(title)}</title><desc id="${id}-description">${escapeHtml(description)}</desc>
${body.filter((part) => part !== "").join("\n")}
</svg>`;
}

function horizontal(y: number, label: string): string {
  const at = round(y);
  return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}"/><text class="tick" x="${MARGIN.left - 7}" y="${round(y + 4)}" text-anchor="end">${label}</text>`;
}

function vertical(x: number, label: string): string {
  return `<text class="tick" x="${round(x)}" y="${HEIGHT - MARGIN.bottom + 17}" text-anchor="middle">${label}</text>`;
}

function extentOf(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? [low - 1, high + 1] : [low, high];
}

/** The powers of ten of an axis, and where these are few 2 and 5 times each. */
function decades([low, high]: [number, number]): number[] {
  const first = Math.floor(Math.log10(low));
  const exponents = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => first + i);
  const factors = exponents.length > 3 ? [1] : [1, 3];
  const ticks = exponents.flatMap((exponent) => factors.map((factor) => factor * 10 ** exponent));
  return ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** `0.5`, `20`, `1.2K`; very small numbers as `5e-4`. */
const formatTick = (tick: number): string =>
  tick !== 0 && Math.abs(tick) < 0.01
    ? Number(tick.toPrecision(3)).toExponential().replace("e+", "e")
    : compact.format(tick);

export const round = (value: number): number => Math.round(value * 10) / 10;

/** A path's coordinates to a tenth of a pixel. */
const shorten = (path: string): string =>
  path.replace(/\d+\.\d+/gu, (number) => String(round(Number(number))));
