import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../src/model/config.ts";
import { tokenizerOver } from "../../src/text/build-vocab.ts";
import { createTokenizer } from "../../src/text/tokenizer.ts";
import type { Head } from "../../src/train/electra-trainee.ts";
import { tokenExamples } from "../../src/train/examples.ts";
import { modelMetadata } from "../../src/train/trained-model.ts";

const config = parseConfig(
  {
    vocab_size: 8,
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
const labels = ["O", "B-LOC"];

function metadataOf(head: Head, type: "characters" | "wordpiece") {
  const pieces = type === "characters" ? ["张", "三", "在"] : ["un", "##like", "##ly"];
  const tokenizer = tokenizerOver(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...pieces], type, true);
  const text = type === "characters" ? "张" : "unlikely";
  const labelled = { text, line: 1, units: [{ start: 0, end: text.length }], labels: ["B-LOC"] };
  const form = { tokenizer: createTokenizer(tokenizer), labels, maxTokens: 8 };
  return modelMetadata({ head, config, tokenizer, labels, examples: tokenExamples([labelled], form, "f") });
}

test("a trained CRF runs over the tokens that it has learnt from, and no other head says that it has one", () => {
  assert.deepEqual(metadataOf("crf", "characters").crf, { tokens: "characters" });
  assert.deepEqual(metadataOf("crf", "wordpiece").crf, { tokens: "first-piece" });
  assert.equal(metadataOf("softmax", "characters").crf, undefined);
  assert.equal(metadataOf("sequence", "characters").crf, undefined);
});

test("the head decides the task, and whether labels have a scheme", () => {
  for (const head of ["crf", "softmax"] as const) {
    const { task, scheme } = metadataOf(head, "characters");
    assert.equal(task, "token-classification");
    assert.deepEqual(scheme, { notation: "BIO", typeFirst: false });
  }
  const { task, scheme } = metadataOf("sequence", "characters");
  assert.equal(task, "text-classification");
  assert.equal(scheme, undefined);
});
