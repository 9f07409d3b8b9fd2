import type { Row } from "./measure.ts";

interface Bar {
  readonly label: string;
  readonly milliseconds: number;
  readonly ours: boolean;
}

interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const LABELS: Readonly<Record<string, string>> = {
  "int8-relaxed": "electra-edge int8, relaxed SIMD",
  int8: "electra-edge int8",
  "f32-relaxed": "electra-edge f32, relaxed SIMD",
  f32: "electra-edge f32",
  "ort-node-f32": "onnxruntime-node fp32 (native)",
  "ort-web-int8": "onnxruntime-web int8",
  "ort-web-f32": "onnxruntime-web fp32",
};

const WIDTH = 760;
const BARS_LEFT = 250;
const BARS_RIGHT = 680;
const BAR = 18;
const STEP = 26;
const TITLE = 34;

/** One text's forward pass by engine, from every row that says something of it. */
function encoderPanel(rows: readonly Row[]): Panel {
  const bars = new Map<string, Bar>();
  for (const { figure, shape, tokens, threads, ours_ms, peer_ms } of rows) {
    const [ours, peer] = figure.split("/") as [string, string];
    if (shape !== "small" || tokens !== 128 || threads !== 1 || LABELS[ours] === undefined) continue;
    bars.set(ours, { label: LABELS[ours], milliseconds: ours_ms, ours: true });
    bars.set(peer, { label: LABELS[peer]!, milliseconds: peer_ms, ours: false });
  }
  return {
    title: "ELECTRA-small, a text of 128 tokens, one thread",
    bars: [...bars.values()].sort((a, b) => a.milliseconds - b.milliseconds),
  };
}

function pairPanel(title: string, rows: readonly Row[], figure: string, peer: string): Panel {
  const row = rows.find((candidate) => candidate.figure === figure);
  const bars =
    row === undefined
      ? []
      : [
          { label: "electra-edge", milliseconds: row.ours_ms, ours: true },
          { label: peer, milliseconds: row.peer_ms, ours: false },
        ];
  return { title, bars };
}

/** The figures for the README: shorter bars are better. */
export function renderChart(rows: readonly Row[]): string {
  const panels = [
    encoderPanel(rows),
    pairPanel(
      "200 waybills, text to labels, int8, in Chromium",
      rows,
      "waybills-batch/transformers.js-int8",
      "transformers.js",
    ),
    pairPanel("Cold start to the first answer, int8", rows, "cold-start/ort-web", "onnxruntime-web"),
  ].filter(({ bars }) => bars.length > 0);
  let y = 0;
  const parts: string[] = [];
  for (const { title, bars } of panels) {
    const longest = Math.max(...bars.map(({ milliseconds }) => milliseconds));
    parts.push(`<text class="title" x="8" y="${y + 22}">${title}, milliseconds</text>`);
    y += TITLE;
    for (const { label, milliseconds, ours } of bars) {
      const width = (milliseconds / longest) * (BARS_RIGHT - BARS_LEFT);
      const middle = y + BAR - 4.5;
      parts.push(
        `<text x="${BARS_LEFT - 8}" y="${middle}" text-anchor="end">${label}</text>`,
        `<rect class="${ours ? "ours" : "peer"}" x="${BARS_LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
        `<text x="${(BARS_LEFT + width + 6).toFixed(1)}" y="${middle}">${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)}</text>`,
      );
      y += STEP;
    }
    y += 12;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="Speed of electra-edge beside other runtimes">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.ours { fill: #0a7f5a }
.peer { fill: #b4bcc6 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ours { fill: #2fbf8f } .peer { fill: #57606a } }
</style>
${parts.join("\n")}
</svg>
`;
}
