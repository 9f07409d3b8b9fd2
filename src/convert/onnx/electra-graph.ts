import type { ElectraConfig, Task } from "../../model/config.ts";
import { ELEMENT_TYPES } from "./fields.ts";
import { floatAttribute, intAttribute, intsAttribute, type OnnxGraph } from "./graph.ts";
import type { OnnxWeights } from "./weights.ts";

/** A tensor of the model by its name, in float32. */
export type ReadTensor = (name: string) => Promise<Float32Array>;

/** What a task's graph gives beside or in place of `logits`, with transformers' names. */
const SPAN_LOGITS = ["start_logits", "end_logits"] as const;

const BATCH = "batch_size";
const TOKENS = "sequence_length";

/**
 * ELECTRA as an ONNX graph: the fourth time the model is written, after the reference in test/reference, the encoder
 * in src/model and the training graph; tests hold it equal to the encoder. It is written in the operators that
 * onnxruntime's optimizer knows how to join: those that torch.onnx gives for BERT.
 */
export class OnnxElectra {
  readonly #graph: OnnxGraph;
  readonly #config: ElectraConfig;
  readonly #weights: OnnxWeights;
  readonly #read: ReadTensor;

  constructor(graph: OnnxGraph, config: ElectraConfig, weights: OnnxWeights, read: ReadTensor) {
    this.#graph = graph;
    this.#config = config;
    this.#weights = weights;
    this.#read = read;
  }

  /** From `input_ids`, `attention_mask` and `token_type_ids` to what the task's head gives. */
  async build(task: Task, labels: number): Promise<void> {
    const [ids, mask, types] = ["input_ids", "attention_mask", "token_type_ids"].map((name) =>
      this.#graph.input(name, "int64", [BATCH, TOKENS]),
    ) as [string, string, string];
    let x = await this.#embeddings(ids, types);
    const bias = this.#attentionBias(mask);
    for (let i = 0; i < this.#config.num_hidden_layers; i++) {
      x = await this.#layer(`electra.encoder.layer.${i}`, x, bias);
    }
    await this.#head(task, labels, x);
  }

  async #embeddings(ids: string, types: string): Promise<string> {
    const graph = this.#graph;
    const { embedding_size: embedding, hidden_size: hidden } = this.#config;
    const name = "electra.embeddings";
    const table = async (part: string, of: string) =>
      this.#weights.embedding(
        graph,
        `${name}.${part}`,
        of,
        await this.#read(`${name}.${part}.weight`),
        embedding,
      );

    const words = await table("word_embeddings", ids);
    const length = graph.add("tokens", "Gather", [
      graph.add("shape", "Shape", [ids]),
      graph.integers("one", 1),
    ]);
    const all = graph.integers("position_ids.all", ...Array(this.#config.max_position_embeddings).keys());
    const positionIds = graph.add("position_ids", "Slice", [all, graph.integers("zero", 0), length]);
    const positions = await table("position_embeddings", positionIds);
    const typed = graph.add(`${name}.typed`, "Add", [words, await table("token_type_embeddings", types)]);
    const sum = graph.add(`${name}.sum`, "Add", [typed, positions]);
    const normal = await this.#layerNorm(`${name}.LayerNorm`, sum);
    return embedding === hidden ? normal : this.#linear("electra.embeddings_project", normal);
  }

  /** What is added to attention scores: 0, or very little where a token is padding; [batch, 1, 1, tokens]. */
  #attentionBias(mask: string): string {
    const graph = this.#graph;
    const broad = graph.add("attention_mask.broad", "Unsqueeze", [mask, graph.integers("mask_axes", 1, 2)]);
    const floats = graph.add(
      "attention_mask.float",
      "Cast",
      [broad],
      intAttribute("to", ELEMENT_TYPES.float),
    );
    const padding = graph.add("attention_mask.padding", "Sub", [graph.floats("unmasked", 1), floats]);
    return graph.add("attention_bias", "Mul", [padding, graph.floats("masked_score", -10_000)]);
  }

  async #layer(name: string, x: string, attentionBias: string): Promise<string> {
    const graph = this.#graph;
    const context = await this.#selfAttention(`${name}.attention.self`, x, attentionBias);
    const attended = await this.#linear(`${name}.attention.output.dense`, context);
    const attention = graph.add(`${name}.attention.output.sum`, "Add", [attended, x]);
    const middle = await this.#layerNorm(`${name}.attention.output.LayerNorm`, attention);
    const wide = this.#gelu(
      `${name}.intermediate.gelu`,
      await this.#linear(`${name}.intermediate.dense`, middle),
    );
    const narrow = await this.#linear(`${name}.output.dense`, wide);
    return this.#layerNorm(
      `${name}.output.LayerNorm`,
      graph.add(`${name}.output.sum`, "Add", [narrow, middle]),
    );
  }

  async #selfAttention(name: string, x: string, attentionBias: string): Promise<string> {
    const graph = this.#graph;
    const { num_attention_heads: heads, hidden_size: hidden } = this.#config;
    const headSize = hidden / heads;
    // A 0 keeps the axis as it is.
    const split = graph.integers("heads_shape", 0, 0, heads, headSize);
    const byHead = async (part: string, perm: readonly number[]) => {
      const rows = await this.#linear(`${name}.${part}`, x);
      const parts = graph.add(`${name}.${part}.heads`, "Reshape", [rows, split]);
      return graph.add(`${name}.${part}.by_head`, "Transpose", [parts], intsAttribute("perm", perm));
    };
    const query = await byHead("query", [0, 2, 1, 3]);
    const key = await byHead("key", [0, 2, 3, 1]);
    const value = await byHead("value", [0, 2, 1, 3]);

    const products = graph.add(`${name}.products`, "MatMul", [query, key]);
    const scores = graph.add(`${name}.scores`, "Div", [
      products,
      graph.floats("attention_divisor", Math.sqrt(headSize)),
    ]);
    const masked = graph.add(`${name}.scores.masked`, "Add", [scores, attentionBias]);
    const weights = graph.add(`${name}.weights`, "Softmax", [masked], intAttribute("axis", -1));
    const mixed = graph.add(`${name}.context.by_head`, "MatMul", [weights, value]);
    const inOrder = graph.add(
      `${name}.context.heads`,
      "Transpose",
      [mixed],
      intsAttribute("perm", [0, 2, 1, 3]),
    );
    return graph.add(`${name}.context`, "Reshape", [inOrder, graph.integers("hidden_shape", 0, 0, hidden)]);
  }

  async #head(task: Task, labels: number, x: string): Promise<void> {
    const graph = this.#graph;
    const { hidden_size: hidden, vocab_size: vocabulary } = this.#config;
    switch (task) {
      case "token-classification":
        await this.#linear("classifier", x, "logits");
        return graph.output("logits", "float", [BATCH, TOKENS, labels]);
      case "text-classification":
        return this.#sequenceScores("classifier.dense", "classifier.out_proj", labels, x);
      case "multiple-choice":
        return this.#sequenceScores("sequence_summary.summary", "classifier", 1, x);
      case "question-answering": {
        const both = await this.#linear("qa_outputs", x);
        const halves = SPAN_LOGITS.map((name) => `${name}.column`);
        graph.addMany(halves, "Split", [both], intAttribute("axis", -1));
        SPAN_LOGITS.forEach((name, i) => {
          graph.add(name, "Squeeze", [halves[i]!, graph.integers("last", -1)]);
          graph.output(name, "float", [BATCH, TOKENS]);
        });
        return;
      }
      case "fill-mask": {
        const dense = await this.#linear("generator_predictions.dense", x);
        const gelu = this.#gelu("generator_predictions.gelu", dense);
        const normal = await this.#layerNorm("generator_predictions.LayerNorm", gelu);
        await this.#linear("generator_lm_head", normal, "logits");
        return graph.output("logits", "float", [BATCH, TOKENS, vocabulary]);
      }
      case "replaced-token-detection": {
        const dense = await this.#linear("discriminator_predictions.dense", x);
        const gelu = this.#gelu("discriminator_predictions.gelu", dense);
        const rows = await this.#linear("discriminator_predictions.dense_prediction", gelu);
        graph.add("logits", "Squeeze", [rows, graph.integers("last", -1)]);
        return graph.output("logits", "float", [BATCH, TOKENS]);
      }
      case "feature-extraction":
        graph.add("last_hidden_state", "Identity", [x]);
        return graph.output("last_hidden_state", "float", [BATCH, TOKENS, hidden]);
    }
  }

  /** What a head of two layers says of the first token. */
  async #sequenceScores(dense: string, scores: string, width: number, x: string): Promise<void> {
    const graph = this.#graph;
    const axis = intAttribute("axis", 1);
    const first = graph.add("first_token", "Gather", [x, graph.integers("first", 0)], axis);
    const summary = this.#gelu(
      `${dense.slice(0, dense.lastIndexOf("."))}.gelu`,
      await this.#linear(dense, first),
    );
    graph.add("logits", "Squeeze", [await this.#linear(scores, summary), graph.integers("one", 1)]);
    graph.output("logits", "float", [BATCH, width]);
  }

  async #linear(name: string, x: string, output = name): Promise<string> {
    const weight = await this.#read(`${name}.weight`);
    return this.#weights.linear(this.#graph, name, x, weight, await this.#read(`${name}.bias`), output);
  }

  async #layerNorm(name: string, x: string): Promise<string> {
    const graph = this.#graph;
    const gamma = await this.#read(`${name}.weight`);
    const beta = await this.#read(`${name}.bias`);
    const inputs = [
      x,
      graph.initializer(`${name}.weight`, "float", [gamma.length], gamma),
      graph.initializer(`${name}.bias`, "float", [beta.length], beta),
    ];
    return graph.add(
      name,
      "LayerNormalization",
      inputs,
      intAttribute("axis", -1),
      floatAttribute("epsilon", this.#config.layer_norm_eps),
    );
  }

  /** x · (1 + erf(x / √2)) / 2, spelt out: as an operator of its own it came with opset 20 only. */
  #gelu(name: string, x: string): string {
    const graph = this.#graph;
    const scaled = graph.add(`${name}.scaled`, "Div", [x, graph.floats("square_root_of_2", Math.SQRT2)]);
    const erf = graph.add(`${name}.erf`, "Erf", [scaled]);
    const raised = graph.add(`${name}.raised`, "Add", [erf, graph.floats("one_float", 1)]);
    const product = graph.add(`${name}.product`, "Mul", [x, raised]);
    return graph.add(name, "Mul", [product, graph.floats("half", 0.5)]);
  }
}
