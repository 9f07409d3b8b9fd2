// ELECTRA's encoder (Clark et al. 2020), in float64, one value at a time: slow, and written to be read from top to
// bottom. It is a BERT encoder (Devlin et al. 2019), that is a Transformer encoder (Vaswani et al. 2017), whose
// embeddings may be narrower than its layers. What is special about ELECTRA is how it is trained, not how it runs.
//
// One text at a time, so that there is neither padding nor a mask. The model is written a second time, fast, in
// src/model; the tests hold the two equal.

import type { ElectraConfig } from "../../src/model/config.ts";
import { type Checkpoint, values } from "./checkpoint.ts";
import { ACTIVATIONS, add, layerNorm, linear, softmax } from "./math.ts";

/**
 * From the ids of a text's tokens to one vector for each, which has seen all the others.
 *
 * @param inputIds [tokens], the first is [CLS] and the last [SEP]
 * @param tokenTypeIds [tokens], 0 for a first text and 1 for a second one
 * @returns [tokens, hidden]
 */
export function electra(
  checkpoint: Checkpoint,
  config: ElectraConfig,
  inputIds: ArrayLike<number>,
  tokenTypeIds: ArrayLike<number>,
): Float64Array {
  let x = embeddings(checkpoint, config, inputIds, tokenTypeIds); // [tokens, embedding]
  x = embeddingsProject(checkpoint, config, x); // [tokens, hidden]
  for (let i = 0; i < config.num_hidden_layers; i++) {
    x = layer(checkpoint, config, `electra.encoder.layer.${i}`, x);
  }
  return x;
}

/**
 * What a token is, where it stands and which text it belongs to: three learned vectors, added and normalised (Devlin
 * et al. 2019, section 3, "Input/Output Representations").
 *
 * @returns [tokens, embedding]
 */
export function embeddings(
  checkpoint: Checkpoint,
  config: ElectraConfig,
  inputIds: ArrayLike<number>,
  tokenTypeIds: ArrayLike<number>,
): Float64Array {
  const size = config.embedding_size;
  const words = values(checkpoint, "electra.embeddings.word_embeddings.weight"); // [vocab, embedding]
  const rotary = config.position_embedding_type === "rotary"; // then it is attention that knows of places
  const positions = rotary
    ? new Float64Array(inputIds.length * size)
    : values(checkpoint, "electra.embeddings.position_embeddings.weight"); // [positions, embedding]
  const types = values(checkpoint, "electra.embeddings.token_type_embeddings.weight"); // [types, embedding]
  const sum = new Float64Array(inputIds.length * size);
  for (let t = 0; t < inputIds.length; t++) {
    for (let j = 0; j < size; j++) {
      const word = words[inputIds[t] * size + j];
      const position = positions[t * size + j];
      const type = types[tokenTypeIds[t] * size + j];
      sum[t * size + j] = word + position + type;
    }
  }
  return namedLayerNorm(checkpoint, config, "electra.embeddings.LayerNorm", sum);
}

/**
 * Widens the embeddings to the width of the layers. ELECTRA-small keeps 128 values a token in its large tables and 256
 * in its layers (Clark et al. 2020, section 3.3); where the two are equal there is nothing to do.
 *
 * @param x [tokens, embedding]
 * @returns [tokens, hidden]
 */
export function embeddingsProject(
  checkpoint: Checkpoint,
  config: ElectraConfig,
  x: Float64Array,
): Float64Array {
  if (config.embedding_size === config.hidden_size) return x;
  return namedLinear(checkpoint, "electra.embeddings_project", x);
}

/**
 * One layer (Vaswani et al. 2017, section 3.1): attention mixes the tokens, then a feed-forward network works on each
 * token by itself. Around each of the two is a residual connection, followed by a layer normalisation.
 *
 * @param name the layer's, as `electra.encoder.layer.0`
 * @param x [tokens, hidden]
 * @returns [tokens, hidden]
 */
export function layer(
  checkpoint: Checkpoint,
  config: ElectraConfig,
  name: string,
  x: Float64Array,
): Float64Array {
  const attended = multiHeadAttention(checkpoint, config, `${name}.attention`, x);
  const y = namedLayerNorm(checkpoint, config, `${name}.attention.output.LayerNorm`, add(x, attended));
  return namedLayerNorm(
    checkpoint,
    config,
    `${name}.output.LayerNorm`,
    add(y, feedForward(checkpoint, config, name, y)),
  );
}

/**
 * Each head asks its own question of the text: it gets its own slice of every query, key and value, and what the heads
 * find is laid side by side and mixed once more (Vaswani et al. 2017, section 3.2.2).
 *
 * @param x [tokens, hidden]
 * @returns [tokens, hidden]
 */
export function multiHeadAttention(
  checkpoint: Checkpoint,
  config: ElectraConfig,
  name: string,
  x: Float64Array,
): Float64Array {
  const { hidden_size: hidden, num_attention_heads: heads } = config;
  const headSize = hidden / heads;
  let query = namedLinear(checkpoint, `${name}.self.query`, x); // [tokens, hidden]
  let key = namedLinear(checkpoint, `${name}.self.key`, x); // [tokens, hidden]
  let value = namedLinear(checkpoint, `${name}.self.value`, x); // [tokens, hidden]
  if (config.position_embedding_type === "rotary") {
    [query, key] = [rotary(query, hidden, headSize), rotary(key, hidden, headSize)];
    if (config.rotary_value) value = rotary(value, hidden, headSize);
  }
  const context = new Float64Array(x.length); // [tokens, hidden]
  for (let head = 0; head < heads; head++) {
    const [q, k, v] = [query, key, value].map((all) => columns(all, hidden, head * headSize, headSize));
    const found = scaledDotProductAttention(q, k, v, headSize); // [tokens, headSize]
    for (let t = 0; t < x.length / hidden; t++) {
      context.set(found.subarray(t * headSize, (t + 1) * headSize), t * hidden + head * headSize);
    }
  }
  return namedLinear(checkpoint, `${name}.output.dense`, context);
}

/**
 * Rotary position embeddings (Su et al. 2021, section 3.2.2): each pair of a head's values is a point in a plane, which
 * the token's place turns about the origin, the first pair by one radian a token and later ones ever more slowly. How
 * well a key answers a query then depends on how far apart the two stand.
 *
 * @param x [tokens, hidden]
 * @param headSize even
 */
export function rotary(x: Float64Array, hidden: number, headSize: number): Float64Array {
  return x.map((_, at) => {
    const [position, column] = [Math.floor(at / hidden), at % headSize];
    const pair = Math.floor(column / 2);
    const angle = position / 10000 ** ((2 * pair) / headSize);
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    return column % 2 === 0 ? x[at]! * cos - x[at + 1]! * sin : x[at]! * cos + x[at - 1]! * sin;
  });
}

/**
 * softmax(Q · Kᵀ / √d) · V (Vaswani et al. 2017, section 3.2.1): token t takes the average of all values, each weighted
 * by how well its key answers t's query. Dividing by √d keeps the softmax from saturating when d is large.
 *
 * @param query [tokens, d], as are key, value and the result
 */
export function scaledDotProductAttention(
  query: Float64Array,
  key: Float64Array,
  value: Float64Array,
  d: number,
): Float64Array {
  const tokens = query.length / d;
  const scores = new Float64Array(tokens * tokens); // [from token, to token]
  for (let i = 0; i < tokens; i++) {
    for (let j = 0; j < tokens; j++) {
      let dot = 0;
      for (let p = 0; p < d; p++) dot += query[i * d + p] * key[j * d + p];
      scores[i * tokens + j] = dot / Math.sqrt(d);
    }
  }
  const weights = softmax(scores, tokens);
  const out = new Float64Array(query.length);
  for (let i = 0; i < tokens; i++) {
    for (let j = 0; j < tokens; j++) {
      for (let p = 0; p < d; p++) out[i * d + p] += weights[i * tokens + j] * value[j * d + p];
    }
  }
  return out;
}

/**
 * The same small network for every token: widen, GELU or another activation, narrow (Vaswani et al. 2017, section 3.3).
 *
 * @param x [tokens, hidden]
 * @returns [tokens, hidden]
 */
export function feedForward(
  checkpoint: Checkpoint,
  config: ElectraConfig,
  name: string,
  x: Float64Array,
): Float64Array {
  const activation = ACTIVATIONS[config.hidden_act];
  const wide = namedLinear(checkpoint, `${name}.intermediate.dense`, x).map(activation); // [tokens, intermediate]
  return namedLinear(checkpoint, `${name}.output.dense`, wide);
}

/** A linear layer by its name in the checkpoint. */
export function namedLinear(checkpoint: Checkpoint, name: string, x: Float64Array): Float64Array {
  return linear(x, values(checkpoint, `${name}.weight`), values(checkpoint, `${name}.bias`));
}

/** A layer normalisation by its name in the checkpoint. */
export function namedLayerNorm(
  checkpoint: Checkpoint,
  config: ElectraConfig,
  name: string,
  x: Float64Array,
): Float64Array {
  const [gamma, beta] = [values(checkpoint, `${name}.weight`), values(checkpoint, `${name}.bias`)];
  return layerNorm(x, gamma, beta, config.layer_norm_eps);
}

/** Columns `first` … `first + count` of x [rows, size], as a matrix of their own. */
function columns(x: Float64Array, size: number, first: number, count: number): Float64Array {
  return Float64Array.from(
    { length: (x.length / size) * count },
    (_, i) => x[Math.floor(i / count) * size + first + (i % count)],
  );
}
