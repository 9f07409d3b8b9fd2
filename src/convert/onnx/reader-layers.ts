import { ConvertError } from "../../errors.ts";
import type { ElectraConfig } from "../../model/config.ts";
import type { Parameter } from "../../model/parameters.ts";
import type { CheckpointTensor } from "../checkpoint-tensor.ts";
import type { HuggingFaceModel } from "../hugging-face/config.ts";
import { stackedRows } from "../lazy-tensor.ts";
import { recognizeActivation } from "./activations.ts";
import type { Attention, Embedding, Linear, Norm, Value } from "./reader-values.ts";

/** The parts of a model that a signal can be, in words. */
const WORDS: Readonly<Record<Value["kind"], string>> = {
  constant: "a constant",
  side: "ids, a mask or shapes",
  unknown: "something unknown",
  embedding: "rows of a table",
  sum: "a sum",
  linear: "a linear layer",
  norm: "a layer norm",
  statistic: "part of a layer norm",
  elementwise: "a function of each number",
  products: "scores of attention",
  shares: "shares of attention",
  attention: "an attention",
  "first-token": "the first token",
  quantized: "quantized numbers",
  "scale-of-quantized": "a scale",
  "integer-product": "an integer product",
  "scale-product": "a scale",
};

/** How far the graph's epsilon may be from the config's: float16 can't hold the usual ones. */
const EPSILON_TOLERANCE = 1e-7;
const FACTOR_TOLERANCE = 2e-3;

const EMBEDDINGS = "electra.embeddings";
/** Words, positions, segments and ERNIE's tasks. */
const TABLE_LIMIT = 4;

/**
 * Finds a model's weights in what a graph computes, from its outputs back to its embeddings, and gives them
 * ELECTRA's names: the graph's own may be anything.
 */
export class OnnxLayers {
  readonly #file: string;
  readonly #model: HuggingFaceModel;
  readonly #config: ElectraConfig;
  readonly #weights = new Map<string, CheckpointTensor>();

  constructor(file: string, model: HuggingFaceModel) {
    this.#file = file;
    this.#model = model;
    this.#config = model.config;
  }

  /**
   * @param outputs what the task's graph gives; of several the parts of one linear layer's outputs
   * @param head the head's parameters in the order in which the forward pass meets them
   * @throws {ConvertError} `unsupported`, naming the layer and what was found in its place
   */
  find(outputs: readonly Value[], head: readonly Parameter[]): ReadonlyMap<string, CheckpointTensor> {
    let x = this.#head(outputs, head);
    for (let i = this.#config.num_hidden_layers - 1; i >= 0; i--) {
      x = this.#layer(`electra.encoder.layer.${i}`, x);
    }
    this.#embeddings(x);
    return this.#weights;
  }

  /** Names the head's layers from the last to the first; what comes before them. */
  #head(outputs: readonly Value[], head: readonly Parameter[]): Value {
    const names = head.map(({ name }) => name);
    let value = outputs.length === 1 ? outputs[0]! : this.#joined(outputs, names.at(-1)!);
    while (names.length > 0) {
      if (value.kind === "first-token") {
        value = value.of;
      } else if (value.kind === "elementwise") {
        this.#activation(names.at(-1)!, recognizeActivation(value.apply));
        value = value.of;
      } else {
        const bias = names.pop()!;
        const layer: Linear | Norm =
          value.kind === "norm" ? value : this.#expect("linear", value, bias.replace(/\.bias$/, ""));
        this.#name(bias, layer.bias);
        this.#name(names.pop()!, layer.weight);
        value = layer.of;
      }
    }
    return value.kind === "first-token" ? value.of : value;
  }

  /** The linear layer whose outputs a graph gives apart. */
  #joined(outputs: readonly Value[], name: string): Linear {
    const parts = outputs.map((output) => this.#expect("linear", output, name));
    const [first] = parts as [Linear];
    for (const { of } of parts) this.#same(name, of, first.of);
    const biases = parts.flatMap(({ bias }) => bias ?? []);
    return {
      ...first,
      weight: stackedRows(parts.map(({ weight }) => weight)),
      bias: biases.length === parts.length ? stackedRows(biases) : undefined,
    };
  }

  /** Names a layer's weights; its input. */
  #layer(name: string, x: Value): Value {
    const { narrow, residual: middle } = this.#residual(`${name}.output`, x, "elementwise");
    const wide = this.#expect("elementwise", narrow.of, `${name}.intermediate`);
    const activation = recognizeActivation(wide.apply);
    if (activation !== this.#config.hidden_act) {
      const detail = `computes ${activation ?? "an unknown activation"} where the config says ${this.#config.hidden_act}`;
      this.#fail(`${name}.intermediate`, detail);
    }
    const dense = this.#linear(`${name}.intermediate.dense`, wide.of);
    this.#same(`${name}.intermediate.dense`, dense.of, middle);

    const { narrow: mixed, residual: input } = this.#residual(
      `${name}.attention.output`,
      middle,
      "attention",
    );
    const attention = this.#expect("attention", mixed.of, `${name}.attention.self`);
    this.#attention(`${name}.attention.self`, attention, input);
    return input;
  }

  #attention(name: string, { query, key, value, factor }: Attention, input: Value): void {
    for (const [part, signal] of Object.entries({ query, key, value })) {
      this.#same(`${name}.${part}`, this.#linear(`${name}.${part}`, signal).of, input);
    }
    const headSize = this.#config.hidden_size / this.#config.num_attention_heads;
    // NaN where the factor hangs on the shape of queries: that can be nothing but their size.
    if (Math.abs(factor * Math.sqrt(headSize) - 1) > FACTOR_TOLERANCE) {
      this.#fail(name, `multiplies scores by ${factor}, which doesn't go with heads of ${headSize}`);
    }
  }

  /** A norm of a residual sum: the linear layer of `kind` in it, and what it is added to. */
  #residual(name: string, x: Value, kind: "elementwise" | "attention"): { narrow: Linear; residual: Value } {
    const { left, right } = this.#expect("sum", this.#norm(`${name}.LayerNorm`, x).of, name);
    const isNarrow = (value: Value) =>
      value.kind === "linear" && (value.of.kind === kind || value.of.kind === "unknown");
    const [narrow, residual] = isNarrow(left) ? [left, right] : [right, left];
    return { narrow: this.#linear(`${name}.dense`, narrow), residual };
  }

  #embeddings(x: Value): void {
    const normal = x.kind === "linear" ? this.#linear("electra.embeddings_project", x).of : x;
    const tables: Embedding[] = [];
    const terms: Value[] = [this.#norm(`${EMBEDDINGS}.LayerNorm`, normal).of];
    for (let term = terms.pop(); term !== undefined; term = terms.pop()) {
      if (term.kind === "sum") terms.push(term.left, term.right);
      else tables.push(this.#expect("embedding", term, EMBEDDINGS));
      // Sums of sums may be of one another: few nodes, and more terms than can be counted.
      if (tables.length > TABLE_LIMIT) this.#fail(EMBEDDINGS, `is a sum of more than ${TABLE_LIMIT} tables`);
    }
    const { vocab_size, max_position_embeddings, type_vocab_size } = this.#config;
    const take = (name: string, rows: number, input: string | undefined) => {
      const fitting = tables.filter(({ table }) => table.shape[0] === rows);
      const own = fitting.find(({ ids }) => (input === undefined ? ids.size === 0 : ids.has(input)));
      const found = own ?? fitting[0];
      if (found === undefined) {
        const came = tables.map(({ table }) => `[${table.shape}]`).join(", ");
        return this.#fail(
          `${EMBEDDINGS}.${name}`,
          `has ${rows} rows by the config, but the tables left are ${came}`,
        );
      }
      tables.splice(tables.indexOf(found), 1);
      this.#name(`${EMBEDDINGS}.${name}.weight`, found.table);
    };
    take("word_embeddings", vocab_size, "input_ids");
    take("position_embeddings", max_position_embeddings + this.#model.firstPosition, undefined);
    take("token_type_embeddings", type_vocab_size, "token_type_ids");
    if (this.#model.taskType && tables.length === 1) {
      this.#name(`${EMBEDDINGS}.task_type_embeddings.weight`, tables.pop()!.table);
    }
    if (tables.length > 0)
      this.#fail(EMBEDDINGS, `has a table [${tables[0]!.table.shape}] more than ELECTRA's`);
  }

  #linear(name: string, value: Value): Linear {
    const layer = this.#expect("linear", value, name);
    this.#name(`${name}.weight`, layer.weight);
    this.#name(`${name}.bias`, layer.bias);
    return layer;
  }

  #norm(name: string, value: Value): Norm {
    const norm = this.#expect("norm", value, name);
    this.#name(`${name}.weight`, norm.weight);
    this.#name(`${name}.bias`, norm.bias);
    const { layer_norm_eps: epsilon } = this.#config;
    if (!(Math.abs(norm.epsilon - epsilon) <= EPSILON_TOLERANCE)) {
      this.#fail(name, `has the epsilon ${norm.epsilon} where the config says ${epsilon}`);
    }
    return norm;
  }

  #activation(name: string, activation: string | undefined): void {
    if (activation === undefined) this.#fail(name, "comes before an unknown activation");
  }

  /** A tensor that is missing here is told of where all are held against the model's. */
  #name(name: string, tensor: CheckpointTensor | undefined): void {
    if (tensor !== undefined) this.#weights.set(name, tensor);
  }

  #same(name: string, value: Value, expected: Value): void {
    if (value !== expected) this.#fail(name, `works on ${WORDS[value.kind]} that isn't its layer's input`);
  }

  #expect<K extends Value["kind"]>(kind: K, value: Value, name: string): Extract<Value, { kind: K }> {
    if (value.kind === kind) return value as Extract<Value, { kind: K }>;
    if (value.kind === "unknown")
      return this.#fail(name, `can't be made out: the node ${value.node.title} ${value.what}`);
    return this.#fail(name, `should be ${WORDS[kind]}, but the graph has ${WORDS[value.kind]} there`);
  }

  #fail(name: string, detail: string): never {
    throw new ConvertError("unsupported", this.#file, `${name} ${detail}`);
  }
}
