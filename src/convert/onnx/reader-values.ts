import type { CheckpointTensor } from "../checkpoint-tensor.ts";
import type { Pointwise } from "./activations.ts";
import type { OnnxNode } from "./reader-node.ts";

// What a value of an ONNX graph is, in the model's words. Reshaping, transposing and casting are not told apart from
// what they work on: which axis is which follows from the layers.

/** Known before any text comes: an initializer, or what is made of initializers alone. */
export interface Constant {
  readonly kind: "constant";
  readonly tensor: CheckpointTensor;
}

/** What no weight has touched: ids, masks, positions, shapes. `inputs` are those of the graph that its numbers hang on. */
export interface Side {
  readonly kind: "side";
  readonly inputs: ReadonlySet<string>;
}

/** What hangs on no input. */
export const NOTHING: Side = { kind: "side", inputs: new Set() };

/** Made by an operator that is none of this model's; only an error where the model hangs on it. */
export interface Unknown {
  readonly kind: "unknown";
  readonly node: OnnxNode;
  /** What the node does. */
  readonly what: string;
}

/** Rows of `table` [rows, size]. */
export interface Embedding {
  readonly kind: "embedding";
  readonly table: CheckpointTensor;
  readonly ids: ReadonlySet<string>;
}

export interface Sum {
  readonly kind: "sum";
  readonly left: Signal;
  readonly right: Signal;
}

/** of · weightᵀ + bias, `weight` [outputs, inputs]. */
export interface Linear {
  readonly kind: "linear";
  readonly of: Signal;
  readonly weight: CheckpointTensor;
  readonly bias: CheckpointTensor | undefined;
}

export interface Norm {
  readonly kind: "norm";
  readonly of: Signal;
  readonly weight: CheckpointTensor;
  readonly bias: CheckpointTensor | undefined;
  readonly epsilon: number;
}

/** On the way to a norm: each step of its definition. */
export interface Statistic {
  readonly kind: "statistic";
  readonly what: "mean" | "centered" | "squared" | "variance" | "deviation" | "inverse" | "normal";
  readonly of: Signal;
  readonly epsilon: number;
}

/** A function of each number; `size` operators make it up. It gives NaN where a factor hangs on shapes. */
export interface Elementwise {
  readonly kind: "elementwise";
  readonly of: Signal;
  readonly apply: Pointwise;
  readonly size: number;
}

/** query · keyᵀ · factor, by heads. */
export interface Products {
  readonly kind: "products";
  readonly query: Signal;
  readonly key: Signal;
  readonly factor: number;
}

/** The softmax of products, masked. */
export interface Shares {
  readonly kind: "shares";
  readonly products: Products;
}

export interface Attention {
  readonly kind: "attention";
  readonly query: Signal;
  readonly key: Signal;
  readonly value: Signal;
  readonly factor: number;
}

/** What the first token alone has. */
export interface FirstToken {
  readonly kind: "first-token";
  readonly of: Signal;
}

/** In dynamic quantization: the integers of `of`, their scale, and what becomes of both. */
export interface Quantized {
  readonly kind: "quantized" | "scale-of-quantized";
  readonly of: Signal;
}

/** Integers of `of` times integer weights [inputs, outputs]. */
export interface IntegerProduct {
  readonly kind: "integer-product";
  readonly of: Signal;
  readonly weight: CheckpointTensor;
  readonly zeroPoint: CheckpointTensor | undefined;
}

/** The scale of `of` times that of weights. */
export interface ScaleProduct {
  readonly kind: "scale-product";
  readonly of: Signal;
  readonly scale: CheckpointTensor;
}

export type Signal =
  | Embedding
  | Sum
  | Linear
  | Norm
  | Statistic
  | Elementwise
  | Products
  | Shares
  | Attention
  | FirstToken
  | Quantized
  | IntegerProduct
  | ScaleProduct
  | Unknown;

export type Value = Constant | Side | Signal;

export const isSignal = (value: Value | undefined): value is Signal =>
  value !== undefined && value.kind !== "constant" && value.kind !== "side";

/** A signal as a function of another, if only as itself. */
export const asElementwise = (signal: Signal): Elementwise =>
  signal.kind === "elementwise" ? signal : { kind: "elementwise", of: signal, apply: (x) => x, size: 0 };
