// The network of task.json in TensorFlow.js, in a page: forward and backward on its "wasm" backend, SIMD and threads on, of
// which version 4.22 makes one all the same (tensorflow/tfjs#8513). What it does fast is spelled out: products of matrices
// as they lie go to XNNPACK, any others to a plain loop that takes ten times as long or more, so weights lie as [inputs,
// outputs] and the way back transposes first; the ways back of projection, LayerNorm and GELU are one customGrad each,
// instead of one for each of the operations that they are made of.
import "/tfjs/tf.min.js";
import "/tfjs-wasm/tf-backend-wasm.min.js";
import { countLabels } from "./gold-path.js";

const { tf } = globalThis;
const product = (a, b) => tf.matMul(a, b);

/** x [rows, inputs] · weight [inputs, outputs] + bias */
const linear = tf.customGrad((x, weight, bias, save) => {
  save([x, weight]);
  const gradFunc = (gradient, [x, weight]) => [
    product(gradient, tf.transpose(weight)),
    product(tf.transpose(x), gradient),
    tf.sum(gradient, 0),
  ];
  return { value: tf.add(product(x, weight), bias), gradFunc };
});

const layerNorm = (epsilon) =>
  tf.customGrad((x, gamma, beta, save) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const normal = tf.mul(centred, inverse);
    save([normal, inverse, gamma]);
    const gradFunc = (gradient, [normal, inverse, gamma]) => {
      const scaled = tf.mul(gradient, gamma);
      const slope = tf.mean(tf.mul(scaled, normal), -1, true);
      const centred = tf.sub(tf.sub(scaled, tf.mean(scaled, -1, true)), tf.mul(normal, slope));
      return [tf.mul(centred, inverse), tf.sum(tf.mul(gradient, normal), 0), tf.sum(gradient, 0)];
    };
    return { value: tf.add(tf.mul(normal, gamma), beta), gradFunc };
  });

const gelu = tf.customGrad((x, save) => {
  const cumulative = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
  save([x, cumulative]);
  const gradFunc = (gradient, [x, cumulative]) => {
    const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return tf.mul(gradient, tf.add(cumulative, tf.mul(x, density)));
  };
  return { value: tf.mul(x, cumulative), gradFunc };
});

/** The backend lacks the kernel that gather's own way back asks for (UnsortedSegmentSum); scatterND adds as well. */
const takeRows = tf.customGrad((table, ids, save) => {
  save([ids]);
  const { shape } = table;
  const gradFunc = (gradient, [ids]) => [
    tf.scatterND(tf.expandDims(ids, 1), gradient, shape),
    tf.zerosLike(ids),
  ];
  return { value: tf.gather(table, ids), gradFunc };
});

export async function start({ task, inputIds, paths, parameters }) {
  tf.wasm.setThreadsCount(task.threads);
  tf.wasm.setWasmPaths("/tfjs-wasm/");
  await tf.setBackend("wasm");
  await tf.ready();
  if (tf.getBackend() !== "wasm" || !(await tf.env().getAsync("WASM_HAS_MULTITHREAD_SUPPORT"))) {
    throw new Error("TensorFlow.js has no threads here");
  }
  const { config, batch, tokens } = task;
  const [steps, hidden, heads] = [tokens - 2, config.hidden_size, config.num_attention_heads];
  const headSize = hidden / heads;
  const normalise = layerNorm(config.layer_norm_eps);

  const isProjection = (name, shape) =>
    name.endsWith(".weight") && shape.length === 2 && !name.includes("embeddings.");
  const weights = Object.fromEntries(
    parameters.map(({ name, shape, values }) => {
      const tensor = tf.tensor(values, shape);
      return [name, tf.variable(isProjection(name, shape) ? tf.transpose(tensor) : tensor)];
    }),
  );
  const ids = tf.tensor1d(inputIds.flat(), "int32");
  const counts = countLabels(paths, task.labels);
  const emitted = tf.tensor(counts.emitted, [batch, steps, task.labels]);
  const moved = tf.tensor(counts.moved, [task.labels, task.labels]);
  const [begun, ended] = [tf.tensor(counts.begun), tf.tensor(counts.ended)];

  const network = () => {
    const project = (x, name) => linear(x, weights[`${name}.weight`], weights[`${name}.bias`]);
    const normal = (x, name) => normalise(x, weights[`${name}.weight`], weights[`${name}.bias`]);
    const table = (name) => weights[`electra.embeddings.${name}_embeddings.weight`];

    const words = tf.reshape(takeRows(table("word"), ids), [batch, tokens, config.embedding_size]);
    const positions = tf.slice(table("position"), 0, tokens);
    const sum = tf.add(words, tf.add(positions, tf.slice(table("token_type"), 0, 1)));
    const embedded = normal(
      tf.reshape(sum, [batch * tokens, config.embedding_size]),
      "electra.embeddings.LayerNorm",
    );
    let x = project(embedded, "electra.embeddings_project");
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const name = `electra.encoder.layer.${layer}`;
      const joined = project(x, `${name}.attention.self.queryKeyValue`);
      const parts = tf.transpose(tf.reshape(joined, [batch, tokens, 3, heads, headSize]), [2, 0, 3, 1, 4]);
      const [query, key, value] = tf.unstack(parts);
      const scores = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(headSize));
      const context = tf.transpose(tf.matMul(tf.softmax(scores), value), [0, 2, 1, 3]);
      const attended = project(
        tf.reshape(context, [batch * tokens, hidden]),
        `${name}.attention.output.dense`,
      );
      x = normal(tf.add(attended, x), `${name}.attention.output.LayerNorm`);
      const inner = gelu(project(x, `${name}.intermediate.dense`));
      x = normal(tf.add(project(inner, `${name}.output.dense`), x), `${name}.output.LayerNorm`);
    }

    const logits = tf.reshape(project(x, "classifier"), [batch, tokens, task.labels]);
    const emissions = tf.slice(logits, [0, 1, 0], [batch, steps, task.labels]);
    const transitions = weights["crf.transitions"];
    const [starts, ends] = [weights["crf.start_transitions"], weights["crf.end_transitions"]];
    const scored = (values, times) => tf.sum(tf.mul(values, times));
    const score = tf.addN([
      scored(emissions, emitted),
      scored(transitions, moved),
      scored(starts, begun),
      scored(ends, ended),
    ]);
    const [first, ...others] = tf.unstack(emissions, 1);
    let alpha = tf.add(starts, first);
    for (const emission of others) {
      const arriving = tf.add(tf.reshape(alpha, [batch, task.labels, 1]), transitions);
      alpha = tf.add(tf.logSumExp(arriving, 1), emission);
    }
    const partition = tf.sum(tf.logSumExp(tf.add(alpha, ends), 1));
    return tf.mul(tf.sub(partition, score), 1 / batch);
  };

  return {
    async run() {
      const { value, grads } = tf.variableGrads(network);
      tf.dispose(grads);
      const loss = value.dataSync()[0];
      value.dispose();
      return loss;
    },
    async gradientNorm() {
      const { value, grads } = tf.variableGrads(network);
      value.dispose();
      let squares = 0;
      for (const gradient of Object.values(grads)) {
        for (const x of gradient.dataSync()) squares += x * x;
      }
      tf.dispose(grads);
      return Math.sqrt(squares);
    },
  };
}
