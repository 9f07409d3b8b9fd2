import assert from "node:assert/strict";
import { it } from "node:test";
import { parseConfig } from "../../src/model/config.ts";
import { lengthen } from "../../src/train/lengthen.ts";

const POSITIONS = "electra.embeddings.position_embeddings.weight";

const config = parseConfig(
  {
    vocab_size: 9,
    embedding_size: 2,
    hidden_size: 4,
    num_hidden_layers: 1,
    num_attention_heads: 1,
    intermediate_size: 4,
    max_position_embeddings: 3,
    type_vocab_size: 2,
  },
  "the test",
);
const encoder = { config, initial: new Map([[POSITIONS, Float32Array.of(1, 2, 3, 4, 5, 6)]]) };

it("repeats position embeddings for longer texts, the last time in part", () => {
  const longer = lengthen(encoder, 8);
  assert.equal(longer.config.max_position_embeddings, 8);
  assert.deepEqual([...longer.initial.get(POSITIONS)!], [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4]);
  assert.equal(encoder.initial.get(POSITIONS)!.length, 6);
});

it("leaves an encoder alone that takes texts as long", () => {
  for (const maxLength of [0, 2, 3]) assert.equal(lengthen(encoder, maxLength).config, config);
});
