import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judge } from "../../src/report/judgement.ts";

const span = (type: string, start: number, end: number) => ({ type, start, end });
const found = (type: string, start: number, end: number, probability: number) => ({
  ...span(type, start, end),
  probability,
});

const TEXTS = [
  { text: "right", line: 1, expected: [span("P", 0, 2)], found: [found("P", 0, 2, 0.9)] },
  { text: "unsure", line: 2, expected: [span("P", 0, 2)], found: [found("P", 0, 3, 0.4)] },
  { text: "sure", line: 3, expected: [], found: [found("T", 0, 2, 0.8)] },
  { text: "twice", line: 4, expected: [span("P", 0, 2), span("T", 3, 5)], found: [found("T", 0, 2, 0.3)] },
];

describe("judge", () => {
  const { scores, confusion, calibration, rejectCurve, wrong, texts } = judge(TEXTS);

  it("scores as evaluate does, and the reject curve begins there", () => {
    assert.equal(texts, 4);
    assert.deepEqual([scores.precision, scores.recall, scores.support], [1 / 4, 1 / 4, 4]);
    assert.equal(rejectCurve[0]!.f1, scores.f1);
    const at = rejectCurve.find(({ threshold }) => threshold === 0.85)!;
    assert.deepEqual([at.precision, at.recall, at.kept], [1, 1 / 4, 1 / 4]);
  });

  it("calibrates over all that was found", () => {
    assert.equal(calibration.accuracy, 1 / 4);
    assert.ok(Math.abs(calibration.confidence - 0.6) < 1e-12);
    assert.ok(Math.abs(calibration.error - (0.1 + 0.4 + 0.8 + 0.3) / 4) < 1e-12);
  });

  it("puts the texts of most errors first, then those of which it was surest", () => {
    assert.deepEqual(
      wrong.map(({ text, errors }) => [text, ...errors.map(({ outcome }) => outcome)]),
      [
        ["twice", "type", "missed"],
        ["sure", "spurious"],
        ["unsure", "boundary"],
      ],
    );
    assert.deepEqual(confusion.types, ["P", "T"]);
  });

  it("takes no texts", () => {
    const nothing = judge([]);
    assert.deepEqual([nothing.texts, nothing.scores.f1, nothing.calibration.error], [0, 0, 0]);
    assert.deepEqual(nothing.wrong, []);
  });
});
