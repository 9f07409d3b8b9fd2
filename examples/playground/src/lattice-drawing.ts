import { curveMonotoneX, line } from "d3-shape";
import { escapeHtml } from "../../../src/report/html.ts";
import { colorOf, typeOf } from "./entity-look.ts";
import type { Lattice, Pin } from "./inference-worker.ts";

export const COLUMN = 34;
export const ROW = 26;
export const HEAD = 34;
const RADIUS = 10;
/** Marginals below this are drawn as a mere dot of the grid. */
const VISIBLE = 0.002;

export interface LatticeDrawing {
  readonly lattice: Lattice;
  /** Of the reading that is traced in front of the others. */
  readonly chosen: number;
  /** For each token, the label that it is held to, if any. */
  readonly pins: ReadonlyMap<number, Pin>;
  readonly description: string;
}

export const latticeHeight = ({ labels }: Lattice): number => HEAD + labels.length * ROW;

/** Columns are tokens, rows labels; a node's area is its marginal, a path's width the reading's probability. */
export function drawLattice({ lattice, chosen, pins, description }: LatticeDrawing): string {
  const { tokens, labels, marginals, readings } = lattice;
  const [width, height] = [tokens.length * COLUMN, latticeHeight(lattice)];
  const x = (token: number) => (token + 0.5) * COLUMN;
  const y = (label: number) => HEAD + (label + 0.5) * ROW;
  const through = line<number>(
    (_, token) => x(token),
    (label) => y(label),
  ).curve(curveMonotoneX);

  const stripes = labels.map((_, row) =>
    row % 2 === 0
      ? `<rect class="stripe" x="0" y="${HEAD + row * ROW}" width="${width}" height="${ROW}"/>`
      : "",
  );
  const heads = tokens.map(({ word }, column) => {
    const pinned = pins.has(column) ? " pinned" : "";
    return `<text class="character${pinned}" lang="zh" x="${x(column)}" y="21" text-anchor="middle">${escapeHtml(word)}</text>`;
  });
  // The chosen one last, in front of all others.
  const order = [...readings.keys()].filter((i) => i !== chosen).reverse();
  const paths = [...order, chosen].map((i) => {
    const reading = readings[i]!;
    const opacity = i === chosen ? 1 : 0.25 + 0.5 * Math.sqrt(reading.score);
    return `<path class="reading${i === chosen ? " chosen" : ""}" d="${through(reading.path)}" style="--width: ${(1.2 + 2.8 * Math.sqrt(reading.score)).toFixed(2)}; opacity: ${opacity.toFixed(2)}"/>`;
  });
  const nodes = tokens.flatMap((_, column) =>
    labels.map((label, row) => {
      const marginal = marginals[column * labels.length + row]!;
      const type = typeOf(label);
      const color = type === "" ? colorOf("", "node").replace(/style="[^"]*"/, "") : colorOf(type, "node");
      const node =
        marginal < VISIBLE
          ? `<circle class="dot" cx="${x(column)}" cy="${y(row)}" r="1.5"/>`
          : `<circle ${color} cx="${x(column)}" cy="${y(row)}" r="${(2 + (RADIUS - 2) * Math.sqrt(marginal)).toFixed(1)}"/>`;
      const ring =
        pins.get(column)?.label === label
          ? `<circle class="pin" cx="${x(column)}" cy="${y(row)}" r="${RADIUS + 2}"/>`
          : "";
      return node + ring;
    }),
  );
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(description)}">
${stripes.join("")}${heads.join("")}${paths.join("")}${nodes.join("")}
</svg>`;
}

/** The token and label at a place of the drawing; undefined beside all of them. */
export function cellAt(
  { tokens, labels }: Lattice,
  left: number,
  top: number,
): { readonly token: number; readonly label: number } | undefined {
  const [token, label] = [Math.floor(left / COLUMN), Math.floor((top - HEAD) / ROW)];
  return tokens[token] === undefined || labels[label] === undefined ? undefined : { token, label };
}
