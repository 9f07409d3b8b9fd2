import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { pipeline, type TokenClassificationPipeline } from "../../src/index.node.ts";
import { packSequences } from "../../src/model/batch.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { Model } from "../../src/model/model.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { readCheckpoint, values } from "../reference/checkpoint.ts";
import { decodeByRecursion } from "../reference/crf.ts";
import { WAYBILL_MODEL } from "../runtimes/sample.ts";

const fixture = (name: string) => new URL(`../fixtures/waybill-made-up/${name}`, import.meta.url);

interface ExpectedRow {
  readonly text: string;
  readonly ids: readonly number[];
  readonly viterbi: readonly number[];
  readonly viterbi_score: number;
  readonly log_z: number;
  /** Type, and start and end in characters. */
  readonly entities: readonly [type: string, start: number, end: number][];
}

/** Made-up waybills and what PyTorch makes of them. */
const rows: readonly ExpectedRow[] = JSON.parse(readFileSync(fixture("expected.json"), "utf8"));

/** Rows whose emissions and marginals are given too. */
const DETAILED = 20;

function assertWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
) {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    assert.ok(error <= tolerance, `${what}[${i}]: ${actual[i]}, not ${expected[i]}`);
  }
}

describe("a waybill tagger, against PyTorch", () => {
  let model: Model<"token-classification">;
  let tag: TokenClassificationPipeline;
  before(async () => {
    model = await loadModel(
      await kernelModule("simd"),
      new MemoryReader(readFileSync(WAYBILL_MODEL), "model.safetensors"),
      "token-classification",
    );
    tag = await pipeline("token-classification", WAYBILL_MODEL);
  });

  test("gives the same emissions and marginals", async () => {
    const expected = readCheckpoint(fixture("expected.safetensors"));
    const crf = {
      start: values(expected, "crf.start_transitions"),
      transitions: values(expected, "crf.transitions"),
      end: values(expected, "crf.end_transitions"),
    };
    for (const [row, { ids }] of rows.slice(0, DETAILED).entries()) {
      const { head } = model;
      const steps = ids.length - 2;
      await model.run(packSequences([Int32Array.from(ids)]));
      const emissions = head.output + head.width * 4; // after [CLS]
      assertWithin(
        model.machine.floats(emissions, steps * head.width),
        values(expected, `${row}.emissions`),
        1e-4,
        `row ${row}: emissions`,
      );
      const marginals = head.crf!.posterior(emissions, steps).marginals();
      const exact = decodeByRecursion(crf, values(expected, `${row}.emissions`)).marginals;
      assertWithin(marginals, exact, 1e-5, `row ${row}: marginals in float64`);
      // PyTorch summed scores of hundreds in f32, so that its marginals of a step add up to 1 ± 2.6e-4.
      const normalised = values(expected, `${row}.marginals`).map((p, i, all) => {
        const step = i - (i % head.width);
        return p / all.subarray(step, step + head.width).reduce((sum, q) => sum + q);
      });
      assertWithin(marginals, normalised, 1e-4, `row ${row}: marginals`);
    }
  });

  test("decodes every row to the same labels, with the same score and partition", async () => {
    assert.equal(rows.length, 200);
    for (const [row, { ids, viterbi, viterbi_score, log_z }] of rows.entries()) {
      const { head } = model;
      const steps = ids.length - 2;
      await model.run(packSequences([Int32Array.from(ids)]));
      const emissions = head.output + head.width * 4;
      const { labels, score } = head.crf!.viterbi(emissions, steps);
      assert.deepEqual([...labels], viterbi, `row ${row}: labels`);
      assert.ok(Math.abs(score - viterbi_score) < 1e-3, `row ${row}: score ${score}, not ${viterbi_score}`);
      const { logPartition } = head.crf!.posterior(emissions, steps);
      assert.ok(Math.abs(logPartition - log_z) < 1e-3, `row ${row}: log Z ${logPartition}, not ${log_z}`);
    }
  });

  test("finds the same entities in every row, from the text alone", async () => {
    for (const [row, { text, entities }] of rows.entries()) {
      const utf16 = [0];
      for (const character of text) utf16.push(utf16.at(-1)! + character.length);
      const found = await tag(text);
      assert.deepEqual(
        found.map(({ entity_group, start, end }) => [entity_group, start, end]),
        entities.map(([type, start, end]) => [type, utf16[start], utf16[end]]),
        `row ${row}`,
      );
      for (const { score } of found) assert.ok(score > 0 && score <= 1 + 1e-9);
    }
  });
});
