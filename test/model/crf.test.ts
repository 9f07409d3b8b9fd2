import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { packSequences } from "../../src/model/batch.ts";
import type { Stretch } from "../../src/model/crf/posterior.ts";
import { endsEntity, labelsToSpans, parseLabel, startsEntity } from "../../src/text/labels.ts";
import { random } from "../random.ts";
import { decodeByEnumeration, probabilityByEnumeration, rankByEnumeration } from "../reference/crf.ts";
import { logSumExp } from "../reference/math.ts";
import { loadRandomModel, randomModel } from "./random-model.ts";

const NAMES = ["O", "B-P", "I-P", "B-T", "I-T"];
const LABELS = NAMES.map((name) => parseLabel(name, { notation: "BIO", typeFirst: false }));
const NOWHERE = { prefix: "O", type: "" } as const;
const label = (index: number) => LABELS[index] ?? NOWHERE;

const entity = (type: string, start: number, end: number): Stretch => ({
  start,
  end,
  enters: (previous, current) =>
    label(current).type === type && startsEntity(label(previous), label(current)),
  continues: (previous, current) =>
    !startsEntity(label(previous), label(current)) && label(current).type === type,
  leaves: (current, next) => endsEntity(label(current), label(next)),
});

/** A CRF with the given emissions in its memory, and the same in the reference's form. */
async function crfWith(steps: number, seed: number) {
  const model = await loadRandomModel();
  const { machine } = model;
  const { crf, output: address } = model.head;
  assert.ok(crf);
  const next = random(seed);
  const emissions = Float32Array.from({ length: steps * NAMES.length }, () => next() * 6 - 3);
  await model.run(packSequences([Int32Array.from({ length: steps }, (_, i) => i)]));
  machine.floats(address, emissions.length).set(emissions);
  return { crf, address, emissions };
}

/** The same CRF for the reference, read from the bytes that the model was loaded from. */
async function referenceCrf() {
  const { file } = await loadRandomModel();
  const bytes = randomModel();
  const read = (name: string) => {
    const { begin, end } = file.tensors.get(name)!;
    return new Float32Array(bytes.slice(begin, end).buffer);
  };
  return {
    start: read("crf.start_transitions"),
    transitions: read("crf.transitions"),
    end: read("crf.end_transitions"),
  };
}

describe("a CRF's posterior", () => {
  test("agrees with the enumeration of every path", async () => {
    const reference = await referenceCrf();
    for (const steps of [1, 2, 5]) {
      const { crf, address, emissions } = await crfWith(steps, steps);
      const expected = decodeByEnumeration(reference, emissions);
      const { labels, score } = crf.viterbi(address, steps);
      assert.deepEqual([...labels], [...expected.path]);
      assert.ok(Math.abs(score - expected.score) < 1e-5);
      const posterior = crf.posterior(address, steps);
      assert.ok(Math.abs(posterior.logPartition - expected.logZ) < 1e-5);
      posterior.marginals().forEach((marginal, i) => {
        assert.ok(Math.abs(marginal - expected.marginals[i]!) < 1e-6);
      });
    }
  });

  test("gives an entity the probability of all paths that decode to it, broken ones included", async () => {
    const reference = await referenceCrf();
    const steps = 5;
    const { crf, address, emissions } = await crfWith(steps, 7);
    const posterior = crf.posterior(address, steps);
    for (const type of ["P", "T"]) {
      for (let start = 0; start < steps; start++) {
        for (let end = start + 1; end <= steps; end++) {
          const expected = probabilityByEnumeration(reference, emissions, (path) =>
            labelsToSpans(path.map((index) => LABELS[index]!)).some(
              (span) => span.type === type && span.start === start && span.end === end,
            ),
          );
          const actual = posterior.probability(entity(type, start, end));
          assert.ok(
            Math.abs(actual - expected) < 1e-6,
            `${type} ${start}–${end}: ${actual}, not ${expected}`,
          );
        }
      }
    }
  });

  test("gives a stretch that anything fits probability one", async () => {
    const { crf, address } = await crfWith(9, 3);
    const anything = { enters: () => true, continues: () => true, leaves: () => true };
    assert.equal(crf.posterior(address, 9).probability({ start: 2, end: 6, ...anything }), 1);
  });

  test("counts the entities of each type to be expected: the mean over every path", async () => {
    const types = ["P", "T"];
    const reference = await referenceCrf();
    const kindOf = (previous: number, current: number) =>
      startsEntity(label(previous), label(current)) ? types.indexOf(label(current).type) : -1;
    for (const steps of [1, 2, 5]) {
      const { crf, address, emissions } = await crfWith(steps, 11 + steps);
      const counts = crf.posterior(address, steps).expectedSteps(types.length, kindOf);
      const ranked = rankByEnumeration(reference, emissions);
      const logZ = logSumExp(ranked.map(({ score }) => score));
      for (const [i, type] of types.entries()) {
        const expected = ranked.reduce((sum, { path, score }) => {
          const spans = labelsToSpans(path.map((index) => LABELS[index]!));
          return sum + Math.exp(score - logZ) * spans.filter((span) => span.type === type).length;
        }, 0);
        assert.ok(Math.abs(counts[i] - expected) < 1e-6, `${type}: ${counts[i]}, not ${expected}`);
      }
    }
  });

  test("stays as it is once detached, whatever the CRF is asked next", async () => {
    const { crf, address } = await crfWith(5, 3);
    const posterior = crf.posterior(address, 5).detach();
    const before = [posterior.logPartition, ...posterior.marginals(), ...posterior.nBest(3)];
    crf.posterior(address, 3, { allows: (from, to) => from <= to, labelsAt: new Map([[1, new Set([2])]]) });
    assert.deepEqual([posterior.logPartition, ...posterior.marginals(), ...posterior.nBest(3)], before);
  });
});
