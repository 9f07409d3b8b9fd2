import { type Bar, type Panel, renderBars } from "./bars.ts";
import type { Row } from "./measure.ts";

const LABELS: Readonly<Record<string, string>> = {
  "int8-relaxed": "electra-edge int8, relaxed SIMD",
  int8: "electra-edge int8",
  "f32-relaxed": "electra-edge f32, relaxed SIMD",
  f32: "electra-edge f32",
  "ort-node-f32": "onnxruntime-node fp32 (native)",
  "ort-web-int8": "onnxruntime-web int8",
  "ort-web-f32": "onnxruntime-web fp32",
};

/** One text's forward pass by engine, from every row that says something of it. */
function encoderPanel(rows: readonly Row[]): Panel {
  const bars = new Map<string, Bar>();
  for (const { figure, shape, tokens, threads, ours_ms, peer_ms } of rows) {
    const [ours, peer] = figure.split("/") as [string, string];
    if (shape !== "small" || tokens !== 128 || threads !== 1 || LABELS[ours] === undefined) continue;
    bars.set(ours, { label: LABELS[ours], value: ours_ms, ours: true });
    bars.set(peer, { label: LABELS[peer]!, value: peer_ms, ours: false });
  }
  return {
    title: "ELECTRA-small, a text of 128 tokens, one thread, milliseconds",
    bars: [...bars.values()].sort((a, b) => a.value - b.value),
  };
}

function pairPanel(title: string, rows: readonly Row[], figure: string, peer: string): Panel {
  const row = rows.find((candidate) => candidate.figure === figure);
  const bars =
    row === undefined
      ? []
      : [
          { label: "electra-edge", value: row.ours_ms, ours: true },
          { label: peer, value: row.peer_ms, ours: false },
        ];
  return { title: `${title}, milliseconds`, bars };
}

/** The figures for the README. */
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
  ];
  return renderBars(panels, "Speed of electra-edge beside other runtimes");
}
