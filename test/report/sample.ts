import { curvesOf } from "../../src/report/curves.ts";
import { judge } from "../../src/report/judgement.ts";
import type { Report } from "../../src/report/report.ts";

const SEEDS = [1, 2];
/** Of a run of two seeds. */
export const LOG = SEEDS.flatMap((seed) => [
  ...[1, 2, 3, 4].map((step) => ({
    seed,
    step,
    steps: 4,
    epoch: Math.ceil(step / 2),
    loss: 100 / step ** 4,
    gradientNorm: 1 + step,
    learningRate: 1e-4 * step,
    tokens: 500,
  })),
  { seed, epoch: 1, step: 2, dev: { f1: 0.25 * seed } },
  { seed, epoch: 2, step: 4, dev: { f1: 0.3 * seed } },
]);

const TEXT = `张三<script>alert("&")</script>\u202e`;
const judgement = judge([
  {
    text: TEXT,
    line: 17,
    expected: [{ type: "P&Q", start: 0, end: 2 }],
    found: [{ type: "P&Q", start: 0, end: 1, probability: 0.875 }],
  },
  {
    text: "李四",
    line: 18,
    expected: [{ type: "T", start: 0, end: 2 }],
    found: [{ type: "T", start: 0, end: 2, probability: 0.95 }],
  },
]);

/** Of that run, with one text right and one wrong, and much that needs escaping. */
export const REPORT: Report = {
  name: "a<b",
  summary: "A tagger",
  task: "entities",
  curves: curvesOf(LOG),
  outcomes: SEEDS.map((seed) => ({ seed, score: 0.3 * seed, bestEpoch: 2, epochs: 2, seconds: 10 })),
  judged: { model: "a.safetensors", dev: "dev.txt", judgement },
  text: true,
  types: ["P&Q", "T"],
  facts: [{ title: "Data", rows: [["texts", "2"]] }],
  command: "electra-edge finetune --train 'a b' && true",
  version: "1.2.3",
};
