import { softmax } from "./scores.ts";

/**
 * What each head looks at: softmax(Q · Kᵀ / √d) (Vaswani et al. 2017, section 3.2.1). The kernels never hold all of it;
 * whoever wants to see it has it worked out anew, in float64.
 *
 * @param queryKeyValue [tokens, 3 · hidden], as a layer leaves it
 * @returns [heads, tokens, tokens]: from the token of the second axis to that of the third
 */
export function attentionProbabilities(
  queryKeyValue: Float32Array,
  tokens: number,
  heads: number,
): Float32Array<ArrayBuffer> {
  const width = queryKeyValue.length / tokens;
  const hidden = width / 3;
  const size = hidden / heads;
  const probabilities = new Float32Array(heads * tokens * tokens);
  const scores = new Float64Array(tokens);
  for (let head = 0; head < heads; head++) {
    for (let from = 0; from < tokens; from++) {
      const query = from * width + head * size;
      for (let to = 0; to < tokens; to++) {
        const key = to * width + hidden + head * size;
        let dot = 0;
        for (let i = 0; i < size; i++) dot += queryKeyValue[query + i]! * queryKeyValue[key + i]!;
        scores[to] = dot / Math.sqrt(size);
      }
      probabilities.set(softmax(scores), (head * tokens + from) * tokens);
    }
  }
  return probabilities;
}
