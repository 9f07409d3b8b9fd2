import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { deserializeModel, serializeModel } from "../../src/model/serialize-model.ts";
import { randomModel } from "../model/random-model.ts";

const bundle = (name: string) => readFile(new URL(`../../dist/browser/${name}`, import.meta.url), "utf8");

test("the browser's trainer and its threads' script are whole, with nothing of Node's", async () => {
  for (const name of ["train.js", "training-member.js"]) {
    const code = await bundle(name);
    const imported =
      code.match(/\bimport\s*[("'{*]|\bfrom\s*["'][^"']+["']|\brequire\s*\(|\bnode:\w+/gu) ?? [];
    assert.deepEqual(imported, [], name);
    assert.doesNotMatch(code, /\b(?:process|Buffer|__dirname|globalThis\.process)\s*\./u, name);
  }
});

test("electra-edge/train is found by its name, and trains on two threads from the package's own files", async () => {
  // By a variable, since the types come from the build that this test is a test of.
  const name = "electra-edge/train";
  const { createTrainee, parseConfig }: typeof import("../../src/train.node.ts") = await import(name);
  const config = parseConfig(
    {
      vocab_size: 9,
      embedding_size: 8,
      hidden_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 8,
      max_position_embeddings: 8,
      type_vocab_size: 2,
    },
    "the test",
  );
  const dropout = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0, classifier_dropout: 0 };
  const trainee = await createTrainee({
    config,
    head: "softmax",
    labels: 3,
    seed: 1,
    ...dropout,
    threads: 2,
  });
  try {
    const example = { inputIds: Int32Array.of(2, 5, 3), labels: Int32Array.of(-100, 1, -100) };
    const loss = await trainee.accumulate([example], 1, 1);
    assert.ok(Math.abs(loss - Math.log(3)) < 0.1, `${loss}`);
  } finally {
    trainee.dispose();
  }
});

test("a model's file read and written again is the same, bit for bit", async () => {
  const bytes = randomModel();
  const { metadata, weights } = await deserializeModel(bytes, "the test");
  const again = serializeModel(metadata, weights);
  const reread = await deserializeModel(again, "again");
  assert.deepEqual(reread.metadata, metadata);
  assert.deepEqual(reread.weights, weights);
  assert.deepEqual(serializeModel(reread.metadata, reread.weights), again);
});

test("what is stored as f16 or int8 comes back as near as that allows", async () => {
  const { metadata, weights } = await deserializeModel(randomModel(), "the test");
  for (const [dtype, limit] of [
    ["f16", 5e-4],
    ["int8", 5e-3],
  ] as const) {
    const { metadata: kept, weights: near } = await deserializeModel(
      serializeModel(metadata, weights, dtype),
      dtype,
    );
    assert.equal(kept.quantization_error !== undefined, dtype === "int8");
    assert.deepEqual([...near.keys()], [...weights.keys()]);
    for (const [name, values] of weights) {
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      near.get(name)!.forEach((value, i) => {
        assert.ok(Math.abs(value - values[i]) <= limit * largest, `${dtype}: ${name}[${i}]`);
      });
    }
  }
});

test("a model that can't be stored is refused by the name of its tensor", async () => {
  const { metadata, weights } = await deserializeModel(randomModel(), "the test");
  const name = "electra.embeddings.word_embeddings.weight";
  const replaced = (values: Float32Array) => new Map([...weights, [name, values]]);
  const without = new Map([...weights].filter(([other]) => other !== name));
  const huge = weights.get(name)!.with(3, 1e6);
  const cases = [
    [() => serializeModel(metadata, without), /"electra\.embeddings\.word_embeddings\.weight" is missing/],
    [() => serializeModel(metadata, replaced(new Float32Array(5))), /must have \d+ values, not 5/],
    [() => serializeModel(metadata, replaced(huge), "f16"), /word_embeddings.*1000000.*f16/],
    [
      () => serializeModel(metadata, replaced(huge.with(3, Number.NaN)), "int8"),
      /word_embeddings.*NaN.*int8/,
    ],
  ] as const;
  for (const [store, message] of cases) assert.throws(store, { code: "bad-option", message });
});

test("bytes that are no whole model are refused", async () => {
  const bytes = randomModel();
  await assert.rejects(deserializeModel(bytes.subarray(0, 5), "the file"), { code: "truncated" });
  await assert.rejects(deserializeModel(bytes.subarray(0, -1), "the file"), { code: "truncated" });
  await assert.rejects(deserializeModel(Uint8Array.of(...bytes, 0), "the file"), { code: "trailing-bytes" });
});
