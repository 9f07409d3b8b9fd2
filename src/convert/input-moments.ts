/** Inputs whose products are kept together: wider blocks gained little, and time and memory grow with them. */
export const BLOCK = 256;

/** What is added to the diagonal, as a part of its mean: few inputs must not pass for the whole truth. */
const DAMPING = 0.01;

/**
 * The second moments of a linear layer's inputs, E[x xᵀ], in blocks along the diagonal. A rounding error e of a row of
 * weights costs the layer's output eᵀ E[x xᵀ] e.
 */
export class InputMoments {
  readonly inputs: number;
  /** Row i, column i mod BLOCK and those before it in the block: sums of x_i · x_j. */
  readonly #sums: Float64Array;

  constructor(inputs: number) {
    this.inputs = inputs;
    this.#sums = new Float64Array(inputs * BLOCK);
  }

  /** @param x [rows, inputs] */
  add(x: Float32Array): void {
    const sums = this.#sums;
    for (let row = 0; row < x.length; row += this.inputs) {
      for (let i = 0; i < this.inputs; i++) {
        const first = i - (i % BLOCK);
        const value = x[row + i]!;
        const at = i * BLOCK - first;
        for (let j = first; j <= i; j++) sums[at + j]! += value * x[row + j]!;
      }
    }
  }

  /** [inputs]: how much an error in each weight costs by itself. */
  importance(): Float64Array {
    return Float64Array.from({ length: this.inputs }, (_, i) => this.#sums[i * BLOCK + (i % BLOCK)]!);
  }

  /**
   * How much of the errors made before it in its block each weight should take back: with L the unit lower triangle
   * of E[x xᵀ] = Lᵀ D L, the cost of e is the sum over i of D_i · (e_i + Σ_j<i L_ij e_j)², so that rounding one weight
   * after the other, each with the sum over those before it taken off, is as good as it gets in that order
   * (Frantar et al. 2022, GPTQ).
   *
   * @returns [inputs, BLOCK]: row i has L_ij in column j mod BLOCK, for the j < i of its block
   */
  feedback(): Float64Array {
    const factors = this.#sums.slice();
    for (let first = 0; first < this.inputs; first += BLOCK) {
      factorBlock(factors.subarray(first * BLOCK), Math.min(BLOCK, this.inputs - first));
    }
    return factors;
  }
}

/** Replaces the lower triangle of a symmetric matrix A [size, BLOCK] by L of A = Lᵀ D L, from the last row upwards. */
function factorBlock(a: Float64Array, size: number): void {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += a[i * BLOCK + i]!;
  // Inputs that are zero throughout tell nothing: their weights round by themselves.
  const damping = (DAMPING * trace) / size || 1;
  for (let i = size - 1; i >= 0; i--) {
    const row = i * BLOCK;
    const diagonal = a[row + i]! + damping;
    for (let j = 0; j < i; j++) a[row + j]! /= diagonal;
    for (let j = 0; j < i; j++) {
      const factor = a[row + j]! * diagonal;
      for (let k = 0; k <= j; k++) a[j * BLOCK + k]! -= factor * a[row + k]!;
    }
  }
}
