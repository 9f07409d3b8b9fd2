import { type Activation, type Gemm, IDENTITY, type PackInputs } from "../wasm/kernels.ts";
import type { Machine } from "../wasm/machine.ts";
import type { Rows } from "./batch.ts";

/** x · weightᵀ + bias, with the weight [outputs, inputs] packed in the machine as f32 or as int8. */
export class Linear {
  readonly outputs: number;
  readonly inputs: number;
  /** Addresses of both, packed. */
  readonly weights: number;
  readonly bias: number;
  readonly #packInputs: PackInputs;
  readonly #gemm: Gemm;

  constructor(
    { kernels }: Machine,
    precision: "f32" | "int8",
    weights: number,
    bias: number,
    outputs: number,
    inputs: number,
  ) {
    this.weights = weights;
    this.bias = bias;
    this.#packInputs = precision === "int8" ? kernels.quantizeInputs : kernels.packInputs;
    this.#gemm = precision === "int8" ? kernels.gemmInt8 : kernels.gemm;
    this.outputs = outputs;
    this.inputs = inputs;
  }

  /**
   * out = activation(x · weightᵀ + bias) + residual, for the given rows of x [_, inputs] and out [_, outputs]
   *
   * @param scratch room for the packed inputs
   * @param residual [_, outputs], or 0 for none
   */
  forward(
    x: number,
    { first, count }: Rows,
    scratch: number,
    out: number,
    residual = 0,
    activation: Activation = IDENTITY,
  ): void {
    const { inputs, outputs } = this;
    const offset = first * outputs * 4;
    this.#packInputs(x + first * inputs * 4, count, inputs, inputs, scratch);
    this.#gemm(
      scratch,
      this.weights,
      this.bias,
      residual === 0 ? 0 : residual + offset,
      out + offset,
      count,
      outputs,
      inputs,
      outputs,
      activation,
    );
  }
}

/** Layer normalisation over the last axis. */
export class LayerNorm {
  readonly #machine: Machine;
  readonly #gamma: number;
  readonly #beta: number;
  readonly #size: number;
  readonly #epsilon: number;

  constructor(machine: Machine, gamma: number, beta: number, size: number, epsilon: number) {
    this.#machine = machine;
    this.#gamma = gamma;
    this.#beta = beta;
    this.#size = size;
    this.#epsilon = epsilon;
  }

  /** The given rows of x [_, size] are replaced by their normalised selves. */
  forward(x: number, { first, count }: Rows): void {
    const rows = x + first * this.#size * 4;
    this.#machine.kernels.layerNorm(rows, this.#gamma, this.#beta, rows, count, this.#size, this.#epsilon);
  }
}
