import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerScorer, cmrc, squad } from "../../src/metrics/answer-scores.ts";
import { scoreLabelSets, scoreLabels } from "../../src/metrics/classification-scores.ts";
import { EntityScorer } from "../../src/metrics/entity-scores.ts";
import { type Scores, scoresOf } from "../../src/metrics/scores.ts";
import { labelsToSpans, parseLabel } from "../../src/text/labels.ts";
import { strictSpans } from "../../src/text/strict-spans.ts";
import { fixture } from "../text/tokenizers.ts";

/** Precision, recall, F1, support. */
type Row = [number, number, number, number?];

const same = (actual: number, expected: number, what: string) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${what}: ${actual} is not ${expected}`);

function sameScores({ precision, recall, f1, support }: Scores, row: Row, what: string): void {
  same(precision, row[0], `${what} precision`);
  same(recall, row[1], `${what} recall`);
  same(f1, row[2], `${what} F1`);
  if (row[3] !== undefined) assert.equal(support, row[3], `${what} support`);
}

interface EntityCase {
  readonly notation: "BIO" | "BIOES";
  readonly true: string[][];
  readonly pred: string[][];
  readonly default: Record<string, Row>;
  readonly strict: Record<string, Row>;
}

test("entities score as in seqeval, by default and strictly, broken sequences included", () => {
  for (const [i, { notation, true: expected, pred, ...reports }] of fixture<EntityCase[]>(
    "metrics-entities.json",
  ).entries()) {
    const scheme = { notation, typeFirst: false };
    const parsed = (labels: string[]) => labels.map((label) => parseLabel(label, scheme));
    for (const [mode, spansOf] of [
      ["default", labelsToSpans],
      ["strict", (labels: Parameters<typeof strictSpans>[0]) => strictSpans(labels, scheme)],
    ] as const) {
      const scorer = new EntityScorer();
      for (const [row, labels] of expected.entries()) {
        scorer.add(spansOf(parsed(labels)), spansOf(parsed(pred[row]!)));
      }
      const { types, ...all } = scorer.scores();
      const { "micro avg": micro, ...rows } = reports[mode];
      sameScores(all, micro!, `case ${i} ${mode}`);
      // Strict seqeval lists types that one side alone names only where it expects them.
      for (const [type, row] of Object.entries(rows)) {
        const none = { precision: 0, recall: 0, f1: 0, support: 0 };
        sameScores(types[type] ?? none, row, `case ${i} ${mode} ${type}`);
      }
    }
  }
});

/** Entities that were found, that were expected, and that are both. */
type ChunkCounts = [found: number, expected: number, correct: number];

interface ChunkCase {
  readonly notation: "BIO" | "BIOES";
  readonly typeFirst: boolean;
  readonly true: string[][];
  readonly pred: string[][];
  readonly conlleval: { readonly all: ChunkCounts; readonly types: Record<string, ChunkCounts> };
  readonly chunkEvaluator: { readonly counts: ChunkCounts; readonly scores: Row };
}

test("entities count as in conlleval and PaddleNLP's ChunkEvaluator, broken sequences included", () => {
  const cases = fixture<ChunkCase[]>("metrics-chunks.json");
  assert.ok(cases.length >= 40);
  for (const [i, { true: expected, pred, conlleval, chunkEvaluator, ...scheme }] of cases.entries()) {
    const spansOf = (labels: string[]) => labelsToSpans(labels.map((label) => parseLabel(label, scheme)));
    const scorer = new EntityScorer();
    for (const [row, labels] of expected.entries()) scorer.add(spansOf(labels), spansOf(pred[row]!));
    const { types, ...all } = scorer.scores();
    const counted = (scores: Scores, [found, marked, correct]: ChunkCounts, what: string) =>
      sameScores(scores, rowOf(found, marked, correct), `case ${i} ${what}`);
    counted(all, conlleval.all, "conlleval");
    counted(all, chunkEvaluator.counts, "ChunkEvaluator");
    sameScores(all, chunkEvaluator.scores, `case ${i} ChunkEvaluator`);
    for (const [type, counts] of Object.entries(conlleval.types)) {
      counted(types[type] ?? scoresOf({ expected: 0, found: 0, correct: 0 }), counts, type);
    }
  }
});

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
const rowOf = (found: number, expected: number, correct: number): Row => {
  const [precision, recall] = [share(correct, found), share(correct, expected)];
  return [precision, recall, share(2 * precision * recall, precision + recall), expected];
};

interface ClassCase {
  readonly accuracy: number;
  readonly macro: Row;
  readonly micro: Row;
  readonly weighted: Row;
  readonly classes: Record<string, Row>;
}

interface ClassGolden {
  readonly single: (ClassCase & { true: string[]; pred: string[]; matthews: number })[];
  readonly multi: (ClassCase & { names: string[]; true: string[][]; pred: string[][] })[];
}

function sameAverages(actual: ReturnType<typeof scoreLabelSets>, expected: ClassCase, what: string): void {
  same(actual.accuracy, expected.accuracy, `${what} accuracy`);
  for (const name of ["macro", "micro", "weighted"] as const) {
    sameScores(actual[name], expected[name], `${what} ${name}`);
  }
  assert.deepEqual(Object.keys(actual.classes), Object.keys(expected.classes).sort());
  for (const [name, row] of Object.entries(expected.classes)) {
    sameScores(actual.classes[name]!, row, `${what} ${name}`);
  }
}

test("classes score as in scikit-learn", () => {
  for (const [i, golden] of fixture<ClassGolden>("metrics-classes.json").single.entries()) {
    const scores = scoreLabels(golden.true, golden.pred);
    sameAverages(scores, golden, `case ${i}`);
    same(scores.matthews, golden.matthews, `case ${i} Matthews`);
  }
});

test("sets of labels score as in scikit-learn", () => {
  for (const [i, golden] of fixture<ClassGolden>("metrics-classes.json").multi.entries()) {
    sameAverages(scoreLabelSets(golden.true, golden.pred, golden.names), golden, `case ${i}`);
  }
});

test("answers score as in SQuAD and CMRC 2018", () => {
  const golden =
    fixture<Record<"squad" | "cmrc", [string[], string, number, number][]>>("metrics-answers.json");
  for (const [name, metric] of Object.entries({ squad, cmrc }) as [keyof typeof golden, typeof squad][]) {
    const together = new AnswerScorer(metric);
    for (const [expected, answer, exact, f1] of golden[name]) {
      const scorer = new AnswerScorer(metric);
      scorer.add(expected, answer);
      together.add(expected, answer);
      const scores = scorer.scores();
      same(scores.exactMatch, exact, `${name} ${expected} ${answer} exact`);
      same(scores.f1, f1, `${name} ${expected} ${answer} F1`);
    }
    const mean = golden[name].reduce((sum, [, , , f1]) => sum + f1, 0) / golden[name].length;
    same(together.scores().f1, mean, name);
    assert.equal(together.scores().questions, golden[name].length);
  }
  assert.deepEqual(new AnswerScorer(squad).scores(), { exactMatch: 0, f1: 0, questions: 0 });
});
