// The network of task.json in jax-js, in a page: forward and backward under one jit, on its "wasm" device, whose threads
// are as many as the page says that the machine has. Operands are consumed by what they go into; .ref is one more use.
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
  vjp,
} from "/jax/index.js";
import { countLabels } from "./gold-path.js";

const WORDS = "electra.embeddings.word_embeddings.weight";

export async function start({ task, inputIds, paths, parameters }) {
  await init("wasm");
  defaultDevice("wasm");
  const { config, batch, tokens } = task;
  const [steps, hidden, heads] = [tokens - 2, config.hidden_size, config.num_attention_heads];
  const headSize = hidden / heads;

  const layerNorm = (x, gamma, beta) => {
    const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
    const variance = np.square(centred.ref).mean(-1, { keepdims: true });
    return centred
      .div(np.sqrt(variance.add(config.layer_norm_eps)))
      .mul(gamma)
      .add(beta);
  };

  const network = ({ words, ...weights }, { emitted, moved, begun, ended }) => {
    const linear = (x, name) =>
      np.matmul(x, weights[`${name}.weight`].transpose()).add(weights[`${name}.bias`]);
    const normal = (x, name) => layerNorm(x, weights[`${name}.weight`], weights[`${name}.bias`]);
    const table = (name) => weights[`electra.embeddings.${name}_embeddings.weight`];

    const positions = table("position").slice([0, tokens]);
    const types = table("token_type").slice(0);
    let x = words
      .reshape([batch, tokens, config.embedding_size])
      .add(positions)
      .add(types)
      .reshape([batch * tokens, config.embedding_size]);
    x = linear(normal(x, "electra.embeddings.LayerNorm"), "electra.embeddings_project");

    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const name = `electra.encoder.layer.${layer}`;
      const parts = linear(x.ref, `${name}.attention.self.queryKeyValue`)
        .reshape([batch, tokens, 3, heads, headSize])
        .transpose([2, 0, 3, 1, 4]);
      const [query, key, value] = [parts.ref.slice(0), parts.ref.slice(1), parts.slice(2)];
      const scores = np.matmul(query, key.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(headSize));
      const context = np.matmul(nn.softmax(scores, -1), value).transpose([0, 2, 1, 3]);
      const projected = linear(context.reshape([batch * tokens, hidden]), `${name}.attention.output.dense`);
      x = normal(projected.add(x), `${name}.attention.output.LayerNorm`);
      const inner = nn.gelu(linear(x.ref, `${name}.intermediate.dense`), { approximate: false });
      x = normal(linear(inner, `${name}.output.dense`).add(x), `${name}.output.LayerNorm`);
    }

    const logits = linear(x, "classifier").reshape([batch, tokens, task.labels]);
    const emissions = logits.slice([], [1, tokens - 1]);
    const transitions = weights["crf.transitions"];
    const [starts, ends] = [weights["crf.start_transitions"], weights["crf.end_transitions"]];
    let score = emissions.ref.mul(emitted).sum();
    score = score.add(transitions.ref.mul(moved).sum());
    score = score.add(starts.ref.mul(begun).sum()).add(ends.ref.mul(ended).sum());
    let alpha = starts.add(emissions.ref.slice([], 0));
    for (let t = 1; t < steps; t++) {
      const paths = alpha.reshape([batch, task.labels, 1]).add(transitions.ref);
      alpha = nn.logsumexp(paths, 1).add(emissions.ref.slice([], t));
    }
    transitions.dispose();
    emissions.dispose();
    return nn
      .logsumexp(alpha.add(ends), 1)
      .sum()
      .sub(score)
      .mul(1 / batch);
  };

  const floats = (values, shape) => np.array(values).reshape(shape);
  const tensors = Object.fromEntries(
    parameters.map(({ name, shape, values }) => [name, floats(values, shape)]),
  );
  // The rows are taken outside of jit, which has no way back from them ("scatter input is not imm").
  const { [WORDS]: wordTable, ...weights } = tensors;
  const ids = np.array(Int32Array.from(inputIds.flat()), { dtype: np.int32 });
  const counts = countLabels(paths, task.labels);
  const gold = {
    emitted: floats(counts.emitted, [batch, steps, task.labels]),
    moved: floats(counts.moved, [task.labels, task.labels]),
    begun: floats(counts.begun, [task.labels]),
    ended: floats(counts.ended, [task.labels]),
  };
  const lossAndGradients = jit(valueAndGrad(network));

  const step = async () => {
    const [words, wordsBackward] = vjp((table) => np.take(table, ids.ref, 0), [wordTable.ref]);
    const [loss, gradients] = lossAndGradients({ ...tree.ref(weights), words }, tree.ref(gold));
    [gradients.words] = wordsBackward(gradients.words);
    wordsBackward.dispose();
    await blockUntilReady([loss, gradients]);
    return { loss, gradients };
  };
  return {
    async run() {
      const { loss, gradients } = await step();
      tree.dispose(gradients);
      return (await loss.data())[0];
    },
    async gradientNorm() {
      const { loss, gradients } = await step();
      loss.dispose();
      let squares = 0;
      for (const gradient of tree.leaves(gradients)) {
        for (const value of await gradient.data()) squares += value * value;
      }
      return Math.sqrt(squares);
    },
  };
}
