import { GELU, IDENTITY } from "./kernels.ts";
import { Machine } from "./machine.ts";

/** How far a kernel's result was from the answer known beforehand, ‖out − expected‖ / ‖expected‖. */
export interface KnownAnswer {
  readonly kernel: string;
  readonly relativeError: number;
  readonly tolerance: number;
  readonly passed: boolean;
}

const TOLERANCE = 1e-6;
const SCRATCH_FLOATS = 1024;

/** Small values of both signs with no two alike in a row; the same on every engine. */
const pattern = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => (((i + 1) * seed) % 23) / 8 - 1.25);

/** Runs the kernels on inputs whose results are known, ragged sizes included. */
export async function runKnownAnswers(module: WebAssembly.Module): Promise<KnownAnswer[]> {
  const machine = await Machine.create(module);
  const base = machine.reserve(SCRATCH_FLOATS * 4);
  machine.commit();
  const { kernels } = machine;

  const place = (index: number, values: readonly number[]): number => {
    const address = base + index * 4;
    machine.floats(address, values.length).set(values);
    return address;
  };
  const answer = (
    kernel: string,
    out: number,
    expected: readonly number[],
    tolerance = TOLERANCE,
  ): KnownAnswer => {
    const actual = machine.floats(out, expected.length);
    const distance = Math.hypot(...expected.map((value, i) => actual[i]! - value));
    const relativeError = distance / Math.hypot(...expected);
    return { kernel, relativeError, tolerance, passed: relativeError <= tolerance };
  };
  const matmul = (inputs: number[], weights: number[], m: number, n: number, k: number): number => {
    place(0, inputs);
    place(128, weights);
    const packed = place(384, new Array(128).fill(0));
    for (let row = 0; row < n; row++) kernels.packWeightRow(base + (128 + row * k) * 4, k, row, packed);
    kernels.packInputs(base, m, k, k, base + 640 * 4);
    return packed;
  };

  const [m, n, k] = [5, 11, 7];
  const inputs = pattern(m * k, 5);
  const weights = pattern(n * k, 7);
  const bias = pattern(16, 3);
  const packed = matmul(inputs, weights, m, n, k);
  const out = base + 800 * 4;
  kernels.gemm(base + 640 * 4, packed, place(768, bias), 0, out, m, n, k, n, IDENTITY);
  const product = Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return weights
      .slice(j * k, j * k + k)
      .reduce((sum, weight, p) => sum + weight * inputs[i * k + p]!, bias[j]!);
  });
  const answers = [answer("gemm", out, product)];

  // GELU(x) = x · Φ(x), from tables of the normal distribution.
  const identity = matmul([-3, -1, -0.5, 0.5, 1, 3], [1], 6, 1, 1);
  kernels.gemm(base + 640 * 4, identity, 0, 0, out, 6, 1, 1, 1, GELU);
  answers.push(
    answer(
      "gelu",
      out,
      [-0.004049694095, -0.158655253931, -0.154268769363, 0.345731230637, 0.841344746069, 2.995950305905],
    ),
  );

  const row = pattern(11, 5);
  const powers = row.map((value) => Math.exp(2 * value));
  const total = powers.reduce((sum, value) => sum + value);
  const probabilities = powers.map((value) => value / total);
  kernels.softmax(place(800, row), 1, 11, 11, 2);
  answers.push(answer("softmax", out, probabilities));

  const [gamma, beta] = [pattern(11, 7), pattern(11, 9)];
  const mean = row.reduce((sum, value) => sum + value) / 11;
  const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 11);
  const normal = row.map((value, i) => ((value - mean) / deviation) * gamma[i]! + beta[i]!);
  kernels.layerNorm(place(800, row), place(0, gamma), place(128, beta), out, 1, 11, 0);
  answers.push(answer("layerNorm", out, normal));

  // Weights and inputs at their extremes, where a wrong dot product saturates. The inputs are rounded to a unit of
  // 127 / 32767 at the finest, so the answer is a little coarser.
  const [rows, depth] = [8, 32];
  const extremes = Int8Array.from({ length: rows * depth }, (_, at) => (at % 7 < (at >> 5) - 1 ? -127 : 127));
  const levels = Array.from({ length: depth }, (_, p) => [127, 127, 0, 1, 126][p % 5]!);
  const integers = place(128, new Array(256).fill(0));
  for (let row = 0; row < rows; row++) {
    const staged = base + 3600;
    machine.bytes(staged, depth).set(new Uint8Array(extremes.buffer, row * depth, depth));
    kernels.packInt8WeightRow(staged, depth, row, 0.5, integers);
  }
  kernels.quantizeInputs(place(0, levels), 1, depth, depth, base + 640 * 4);
  kernels.gemmInt8(base + 640 * 4, integers, 0, 0, out, 1, rows, depth, rows, IDENTITY);
  const sums = Array.from({ length: rows }, (_, row) =>
    levels.reduce((sum, level, p) => sum + 0.5 * level * extremes[row * depth + p]!, 0),
  );
  answers.push(answer("gemmInt8", out, sums, 1e-4));

  // Scores of zero make every path alike: Z counts them, 3 labels to the power of 5 steps.
  place(0, new Array(128).fill(0));
  const logPartition = kernels.crfForward(base, base, base, base, base + 128 * 4, 5, 3);
  answers.push(answer("crfForward", place(800, [logPartition]), [5 * Math.log(3)]));
  return answers;
}
