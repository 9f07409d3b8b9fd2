import { attentionProbabilities } from "../model/attention-probabilities.ts";
import { checkChoice, checkFlag } from "./options.ts";
import type { CallOptions, LoadedPipeline, TaskDefinition } from "./task-pipeline.ts";

/** Numbers of one shape, row-major; transformers.js's names. */
export interface FeatureTensor {
  readonly type: "float32";
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A text's features: [1, hidden_size] where they are pooled, else [1, tokens, hidden_size], `[CLS]` and `[SEP]` included. */
export interface Features extends FeatureTensor {
  /** What the embeddings and each layer give: [1, tokens, hidden_size] each. */
  readonly hidden_states?: readonly FeatureTensor[];
  /** For each layer what its heads look at: [1, heads, tokens, tokens], from the third axis to the fourth. */
  readonly attentions?: readonly FeatureTensor[];
}

export interface FeatureExtractionOptions extends CallOptions {
  /** One vector for a text: that of `[CLS]`, or the mean of all tokens'. Default `none`, a vector for each token. */
  readonly pooling?: "none" | "cls" | "mean";
  /** Whether vectors are divided by their length. Default `false`. */
  readonly normalize?: boolean;
  readonly output_hidden_states?: boolean;
  /** What comes with either of the two runs on this thread alone. */
  readonly output_attentions?: boolean;
}

type Pooled = FeatureExtractionOptions & { readonly pooling: "cls" | "mean" };

/** Turns texts into vectors. An array gives one tensor [texts, hidden_size] where they are pooled, else one for each text. */
export interface FeatureExtractionPipeline extends LoadedPipeline {
  (text: string, options?: FeatureExtractionOptions): Promise<Features>;
  (texts: readonly string[], options: Pooled): Promise<FeatureTensor>;
  (texts: readonly string[], options?: FeatureExtractionOptions): Promise<Features[] | FeatureTensor>;
}

export const featureExtraction: TaskDefinition<
  "feature-extraction",
  FeatureExtractionOptions,
  string,
  Features
> = {
  checkOptions({ pooling, normalize, output_hidden_states, output_attentions }) {
    checkChoice("pooling", pooling, ["none", "cls", "mean"]);
    for (const [name, flag] of Object.entries({ normalize, output_hidden_states, output_attentions })) {
      checkFlag(name, flag);
    }
  },
  open({ machine, electra, head }, tokenizer) {
    const { hidden_size: size, num_attention_heads: heads } = electra.config;
    return (text, { pooling = "none", normalize, output_hidden_states, output_attentions }) => {
      const encoded = tokenizer.encode(text);
      const tokens = encoded.ids.length;
      const hidden_states: FeatureTensor[] = [];
      const attentions: FeatureTensor[] = [];
      const rowsFrom = (address: number, row: number, width: number) =>
        machine.floats(address + row * width * 4, tokens * width);
      let features = new Float32Array();
      return {
        sequences: [encoded],
        observe:
          (output_hidden_states || output_attentions) === true
            ? (layer, { row }) => {
                if (output_hidden_states) {
                  hidden_states.push(tensor([1, tokens, size], rowsFrom(electra.hidden, row, size).slice()));
                }
                if (output_attentions && layer > 0) {
                  const queryKeyValue = rowsFrom(electra.queryKeyValue, row, 3 * size);
                  const probabilities = attentionProbabilities(queryKeyValue, tokens, heads);
                  attentions.push(tensor([1, heads, tokens, tokens], probabilities));
                }
              }
            : undefined,
        read(_, { row }) {
          const hidden = rowsFrom(head.output, row, size);
          if (pooling === "none") features = hidden.slice();
          if (pooling === "cls") features = hidden.slice(0, size);
          if (pooling === "mean") features = meanOf(hidden, size);
          if (normalize)
            for (let i = 0; i < features.length; i += size) unitLength(features.subarray(i, i + size));
        },
        result: () => ({
          ...tensor(pooling === "none" ? [1, tokens, size] : [1, size], features),
          ...(output_hidden_states && { hidden_states }),
          ...(output_attentions && { attentions }),
        }),
      };
    };
  },
  join(results, { pooling = "none", output_hidden_states, output_attentions }) {
    if (pooling === "none" || output_hidden_states || output_attentions) return results;
    const width = results[0]?.data.length ?? 0;
    const data = new Float32Array(results.length * width);
    results.forEach((result, i) => {
      data.set(result.data, i * width);
    });
    return tensor([results.length, width], data);
  },
};

const tensor = (dims: readonly number[], data: Float32Array): FeatureTensor => ({
  type: "float32",
  dims,
  data,
});

function meanOf(rows: Float32Array, size: number): Float32Array<ArrayBuffer> {
  const mean = new Float64Array(size);
  for (let i = 0; i < rows.length; i++) mean[i % size]! += rows[i]! / (rows.length / size);
  return Float32Array.from(mean);
}

function unitLength(vector: Float32Array): void {
  const length = Math.hypot(...vector);
  if (length > 0) vector.set(vector.map((value) => value / length));
}
