import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EntityScorer, type EntitySpan } from "../../src/metrics/entity-scores.ts";

const span = (type: string, start: number, end: number): EntitySpan => ({ type, start, end });

function score(...texts: readonly (readonly [readonly EntitySpan[], readonly EntitySpan[]])[]) {
  const scorer = new EntityScorer();
  for (const [expected, found] of texts) scorer.add(expected, found);
  return scorer.scores();
}

describe("EntityScorer", () => {
  it("counts an entity as right when its type, start and end all are", () => {
    const expected = [span("P", 0, 2), span("T", 2, 13), span("A1", 13, 16), span("A2", 16, 19)];
    const found = [
      span("P", 0, 2),
      span("T", 2, 12),
      span("A2", 13, 16),
      span("A2", 16, 19),
      span("A4", 20, 21),
    ];
    const { types, ...all } = score([expected, found]);
    assert.deepEqual(all, { precision: 2 / 5, recall: 2 / 4, f1: 4 / 9, support: 4 });
    assert.deepEqual(types, {
      A1: { precision: 0, recall: 0, f1: 0, support: 1 },
      A2: { precision: 1 / 2, recall: 1, f1: 2 / 3, support: 1 },
      A4: { precision: 0, recall: 0, f1: 0, support: 0 },
      P: { precision: 1, recall: 1, f1: 1, support: 1 },
      T: { precision: 0, recall: 0, f1: 0, support: 1 },
    });
    assert.deepEqual(Object.keys(types), ["A1", "A2", "A4", "P", "T"]);
  });

  it("averages over entities, not over texts", () => {
    const many = [span("P", 0, 1), span("P", 1, 2), span("P", 2, 3)];
    const { precision, recall, f1 } = score([many, many], [[span("P", 0, 1)], [span("P", 0, 2)]]);
    assert.deepEqual([precision, recall, f1], [3 / 4, 3 / 4, 3 / 4]);
  });

  it("keeps the texts apart: the same span in another one is not the same entity", () => {
    const { f1 } = score([[span("P", 0, 2)], []], [[], [span("P", 0, 2)]]);
    assert.equal(f1, 0);
  });

  it("gives 0 for 0/0", () => {
    const nothing = { precision: 0, recall: 0, f1: 0, support: 0, types: {} };
    assert.deepEqual(score(), nothing);
    assert.deepEqual(score([[], []]), nothing);
    assert.deepEqual(score([[], [span("P", 0, 1)]]).types["P"], {
      precision: 0,
      recall: 0,
      f1: 0,
      support: 0,
    });
  });

  it("counts a span named twice once, as seqeval's sets do", () => {
    const { precision, recall, support } = score([
      [span("P", 0, 1), span("P", 0, 1)],
      [span("P", 0, 1), span("P", 0, 1)],
    ]);
    assert.deepEqual([precision, recall, support], [1, 1, 1]);
  });

  it("takes overlapping entities and types of any name", () => {
    const expected = [span("__proto__", 0, 4), span("a b", 0, 2), span("2 b", 0, 2)];
    const { f1, types } = score([expected, expected]);
    assert.equal(f1, 1);
    assert.deepEqual(Object.keys(types), ["2 b", "__proto__", "a b"]);
  });
});
