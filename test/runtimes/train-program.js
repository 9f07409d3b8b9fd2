// The program for Node and Bun: a few steps of training on each path that the engine accepts, on one thread and on two.
import {
  createTrainee,
  DROPOUT_DEFAULTS,
  FINETUNE_DEFAULTS,
  finetune,
  labelsIn,
  parseConfig,
} from "electra-edge/train";

const config = parseConfig(
  {
    vocab_size: 30,
    embedding_size: 16,
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 32,
    type_vocab_size: 2,
  },
  "the program",
);
const examples = Array.from({ length: 24 }, (_, text) => {
  const inputIds = Int32Array.from({ length: 5 + (text % 11) }, (_, t) => (text * 7 + t * t * 3) % 30);
  return { inputIds, labels: inputIds.map((id) => id % 4) };
});
const settings = { ...FINETUNE_DEFAULTS, epochs: 6, batchSize: 6, learningRate: 5e-3 };

async function train(kernels, threads) {
  const initial = { config, head: "softmax", labels: 4, seed: 1, ...DROPOUT_DEFAULTS };
  const trainee = await createTrainee({ ...initial, kernels, threads });
  const losses = [];
  for await (const { loss } of finetune(trainee, examples, settings, 2, labelsIn)) losses.push(loss);
  trainee.dispose();
  return losses;
}

const results = {};
for (const kernels of ["relaxed", "simd"]) {
  try {
    results[kernels] = [await train(kernels, 1), await train(kernels, 2)];
  } catch (error) {
    if (error.code !== "no-simd") throw error;
    results[kernels] = null;
  }
}
console.log(JSON.stringify(results));
