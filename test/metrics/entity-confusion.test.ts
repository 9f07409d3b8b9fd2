import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { confusionOf, pairEntities } from "../../src/metrics/entity-confusion.ts";
import { EntityScorer, type EntitySpan } from "../../src/metrics/entity-scores.ts";

const span = (type: string, start: number, end: number): EntitySpan => ({ type, start, end });
const show = (entity: EntitySpan | undefined) =>
  entity === undefined ? "–" : `${entity.type} ${entity.start}–${entity.end}`;

const pairs = (expected: readonly EntitySpan[], found: readonly EntitySpan[]) =>
  pairEntities(expected, found).map(
    ({ outcome, expected, found }) => `${outcome}: ${show(expected)}, ${show(found)}`,
  );

describe("pairEntities", () => {
  it("tells every outcome, in order of the text", () => {
    const expected = [span("P", 0, 2), span("T", 2, 13), span("A1", 13, 16), span("A2", 16, 19)];
    const found = [span("P", 0, 2), span("T", 2, 12), span("A2", 13, 16), span("A4", 20, 21)];
    assert.deepEqual(pairs(expected, found), [
      "right: P 0–2, P 0–2",
      "boundary: T 2–13, T 2–12",
      "type: A1 13–16, A2 13–16",
      "missed: A2 16–19, –",
      "spurious: –, A4 20–21",
    ]);
  });

  it("does not pair neighbours that only touch", () => {
    assert.deepEqual(pairs([span("P", 0, 2)], [span("P", 2, 4)]), ["missed: P 0–2, –", "spurious: –, P 2–4"]);
  });

  it("prefers the same type to the larger overlap, and then the larger overlap", () => {
    assert.deepEqual(pairs([span("P", 0, 10)], [span("P", 0, 2), span("T", 2, 10)]), [
      "boundary: P 0–10, P 0–2",
      "spurious: –, T 2–10",
    ]);
    assert.deepEqual(pairs([span("P", 0, 10)], [span("P", 0, 2), span("P", 2, 10)]), [
      "boundary: P 0–10, P 2–10",
      "spurious: –, P 0–2",
    ]);
  });

  it("never takes an entity from one that is right", () => {
    const expected = [span("P", 0, 4), span("P", 2, 4)];
    assert.deepEqual(pairs(expected, [span("P", 2, 4)]), ["missed: P 0–4, –", "right: P 2–4, P 2–4"]);
  });

  it("counts a span named twice once, as the scores do", () => {
    const twice = [span("P", 0, 1), span("P", 0, 1)];
    assert.deepEqual(pairs(twice, twice), ["right: P 0–1, P 0–1"]);
  });
});

describe("confusionOf", () => {
  it("counts a matrix by hand", () => {
    const expected = [span("P", 0, 2), span("T", 2, 13), span("A", 13, 16), span("A", 16, 19)];
    const found = [span("P", 0, 2), span("T", 2, 12), span("P", 13, 16), span("A", 20, 21)];
    assert.deepEqual(confusionOf(pairEntities(expected, found)), {
      types: ["A", "P", "T"],
      rows: [
        { found: [0, 1, 0], boundary: 0, missed: 1, spurious: 1 },
        { found: [0, 1, 0], boundary: 0, missed: 0, spurious: 0 },
        { found: [0, 0, 0], boundary: 1, missed: 0, spurious: 0 },
      ],
    });
  });

  it("adds up to the scores' counts on random entities, overlapping ones included", () => {
    let state = 7;
    const draw = (below: number) => {
      state = (state * 48271) % 0x7fffffff;
      return state % below;
    };
    const entities = () =>
      Array.from({ length: draw(7) }, () => {
        const start = draw(12);
        return span("ABC"[draw(3)]!, start, start + 1 + draw(4));
      });
    const scorer = new EntityScorer();
    const pairings = Array.from({ length: 500 }, () => {
      const [expected, found] = [entities(), entities()];
      scorer.add(expected, found);
      return pairEntities(expected, found);
    }).flat();
    const { types, rows } = confusionOf(pairings);
    const scores = scorer.scores().types;
    assert.deepEqual(types, ["A", "B", "C"]);
    const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
    for (const [index, type] of types.entries()) {
      const { found, boundary, missed, spurious } = rows[index]!;
      const { support, recall, precision } = scores[type]!;
      assert.equal(sum(found) + boundary + missed, support);
      assert.equal(found[index]! / support, recall);
      const foundAtAll = sum(rows.map((row) => row.found[index]!)) + boundary + spurious;
      assert.equal(found[index]! / foundAtAll, precision);
      assert.ok(found[index]! > 0 && boundary > 0 && missed > 0 && spurious > 0);
    }
  });

  it("is empty where nothing was expected or found", () => {
    assert.deepEqual(confusionOf([]), { types: [], rows: [] });
  });
});
