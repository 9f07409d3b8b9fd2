import { type Activation, IDENTITY } from "../wasm/kernels.ts";
import type { Machine } from "../wasm/machine.ts";

/** x · weightᵀ + bias, with the weight [outputs, inputs] packed in the machine. */
export class Linear {
  readonly outputs: number;
  readonly inputs: number;
  readonly #machine: Machine;
  readonly #weights: number;
  readonly #bias: number;

  constructor(machine: Machine, weights: number, bias: number, outputs: number, inputs: number) {
    this.#machine = machine;
    this.#weights = weights;
    this.#bias = bias;
    this.outputs = outputs;
    this.inputs = inputs;
  }

  /**
   * out [rows, outputs] = activation(x [rows, inputs] · weightᵀ + bias) + residual
   *
   * @param scratch room for `packedInputBytes(rows, inputs)`
   * @param residual [rows, outputs], or 0 for none
   */
  forward(
    x: number,
    rows: number,
    scratch: number,
    out: number,
    residual = 0,
    activation: Activation = IDENTITY,
  ): void {
    const { kernels } = this.#machine;
    const { inputs, outputs } = this;
    kernels.packInputs(x, rows, inputs, inputs, scratch);
    kernels.gemm(
      scratch,
      this.#weights,
      this.#bias,
      residual,
      out,
      rows,
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

  /** x [rows, size] is replaced by its normalised self. */
  forward(x: number, rows: number): void {
    this.#machine.kernels.layerNorm(x, this.#gamma, this.#beta, x, rows, this.#size, this.#epsilon);
  }
}
