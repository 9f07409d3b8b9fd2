import assert from "node:assert/strict";
import { test } from "node:test";
import { normal } from "../../src/train/random.ts";
import { viterbi } from "../../src/train/viterbi.ts";
import { decodeByEnumeration, decodeByRecursion } from "../reference/crf.ts";

const draw = (site: number, count: number) =>
  Float32Array.from({ length: count }, (_, i) => normal(1, site, i));

function assertDecodes(labels: number, steps: number, site: number, decode: typeof decodeByRecursion): void {
  const crf = {
    start: draw(site, labels),
    transitions: draw(site + 1, labels * labels),
    end: draw(site + 2, labels),
  };
  const emissions = draw(site + 3, steps * labels);
  const path = viterbi(emissions, crf.start, crf.transitions, crf.end);
  assert.deepEqual([...path], decode(crf, emissions).path, `${labels} labels, ${steps} steps`);
}

test("finds the best of all paths", () => {
  for (let labels = 1; labels <= 4; labels++) {
    for (let steps = 1; steps <= 5; steps++) {
      assertDecodes(labels, steps, 100 * labels + 10 * steps, decodeByEnumeration);
    }
  }
});

test("finds the best path of long sequences", () => {
  assertDecodes(13, 200, 1000, decodeByRecursion);
  assertDecodes(41, 33, 2000, decodeByRecursion);
});

test("keeps away from what is forbidden", () => {
  const forbidden = Number.NEGATIVE_INFINITY;
  const transitions = Float32Array.of(0, forbidden, 0, 0);
  const path = viterbi(
    Float32Array.of(9, 0, 0, 9, 0, 9),
    new Float32Array(2),
    transitions,
    new Float32Array(2),
  );
  assert.deepEqual([...path], [1, 1, 1]);
});
