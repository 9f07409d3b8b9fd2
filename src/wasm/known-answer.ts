import { AnswerSheet, FLOAT_TOLERANCE, type KnownAnswer, pattern } from "./answer-sheet.ts";
import { type AttentionHeads, GELU, type Gemm, IDENTITY, type PackInputs } from "./kernels.ts";
import { Machine } from "./machine.ts";

const INTEGER_TOLERANCE = 1e-4; // inputs that a unit of the coarsest path doesn't divide are rounded to it
const PROBABILITY_TOLERANCE = 2e-2; // attention in 8 bits, of the coarsest path
const SCRATCH_BYTES = 131_072;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const softmax = (values: readonly number[]): number[] => {
  const powers = values.map(Math.exp);
  return powers.map((power) => power / sum(powers));
};

/** inputs [m, k] · weights [n, k]ᵀ + bias [n] */
function product(inputs: number[], weights: number[], bias: number[], m: number, k: number): number[] {
  return Array.from({ length: m * bias.length }, (_, at) => {
    const [i, j] = [Math.floor(at / bias.length), at % bias.length];
    return bias[j]! + sum(weights.slice(j * k, j * k + k).map((weight, p) => weight * inputs[i * k + p]!));
  });
}

/** Runs the kernels on inputs whose results are known: ragged sizes, a single row, values at their extremes. */
export async function runKnownAnswers(module: WebAssembly.Module): Promise<KnownAnswer[]> {
  const machine = await Machine.create(module);
  const sheet = new AnswerSheet(machine, SCRATCH_BYTES);
  const { kernels } = machine;
  const take = (bytes: number) => sheet.take(bytes);
  const place = (values: readonly number[], room?: number) => sheet.place(values, room);
  const compare = (kernel: string, out: number, expected: readonly number[], tolerance?: number) =>
    sheet.compare(kernel, out, expected, tolerance);

  const multiply = (
    [pack, gemm]: readonly [PackInputs, Gemm],
    weights: number,
    inputs: number[],
    bias: number[],
    m: number,
    k: number,
    activation: typeof IDENTITY | typeof GELU,
  ): number => {
    const [packed, out] = [take(8192), take(m * bias.length * 4)];
    pack(place(inputs), m, k, k, packed);
    gemm(packed, weights, place(bias, bias.length + 8), 0, out, m, bias.length, k, bias.length, activation);
    return out;
  };
  const floatWeights = (weights: number[], n: number, k: number): number => {
    const [rows, packed] = [place(weights), take(kernels.packedWeightBytes(n, k))];
    for (let row = 0; row < n; row++) kernels.packWeightRow(rows + row * k * 4, k, row, packed);
    return packed;
  };

  const floats = [kernels.packInputs, kernels.gemm] as const;
  // Five rows are a whole tile and one that is cut short.
  const [rows, outputs, depth] = [5, 43, 7];
  const [xs, ws, bias] = [pattern(rows * depth, 5), pattern(outputs * depth, 7), pattern(outputs, 3)];
  const matrix = floatWeights(ws, outputs, depth);
  const out = multiply(floats, matrix, xs, bias, rows, depth, IDENTITY);
  compare("gemm", out, product(xs, ws, bias, rows, depth));

  // GELU(x) = x · Φ(x), from tables of the normal distribution.
  const points = [-3, -1, -0.5, 0.5, 1, 3];
  const values = [
    -0.004049694095, -0.158655253931, -0.154268769363, 0.345731230637, 0.841344746069, 2.995950305905,
  ];
  compare("gelu", multiply(floats, floatWeights([1], 1, 1), points, [0], 6, 1, GELU), values);

  const row = pattern(11, 5);
  const scaled = place(row);
  kernels.softmax(scaled, 1, 11, 11, 2);
  compare("softmax", scaled, softmax(row.map((value) => 2 * value)));

  const [gamma, beta] = [pattern(11, 7), pattern(11, 9)];
  const mean = sum(row) / 11;
  const deviation = Math.sqrt(sum(row.map((value) => (value - mean) ** 2)) / 11);
  const normal = row.map((value, i) => ((value - mean) / deviation) * gamma[i]! + beta[i]!);
  const normalised = take(44);
  kernels.layerNorm(place(row), place(gamma), place(beta), normalised, 1, 11, 0);
  compare("layerNorm", normalised, normal);

  // Weights and inputs at their extremes, where a wrong dot product saturates.
  const [m, n, k] = [5, 11, 32];
  const weights = Array.from({ length: n * k }, (_, at) => (at % 7 < (at >> 5) - 1 ? -127 : 127));
  const inputs = Array.from({ length: m * k }, (_, at) => [127, 127, 0, 1, 126][at % 5]!);
  const zeroBias = new Array<number>(n).fill(0);
  const packed = take(kernels.packedInt8WeightBytes(n, k));
  const staged = take(n * k);
  machine.bytes(staged, n * k).set(weights);
  kernels.packInt8WeightRows(staged, n, k, 0, packed);
  kernels.packInt8WeightScales(place(new Array<number>(n).fill(1)), n, k, 0, packed);
  const integers = [kernels.quantizeInputs, kernels.gemmInt8] as const;
  const sums = multiply(integers, packed, inputs, zeroBias, m, k, IDENTITY);
  compare("gemmInt8", sums, product(inputs, weights, zeroBias, m, k), INTEGER_TOLERANCE);

  const attentions: readonly [string, AttentionHeads, number, number][] = [
    ["attention", kernels.attentionHeads, kernels.attentionScratchBytes(5, 4), FLOAT_TOLERANCE],
    [
      "attentionInteger",
      kernels.attentionIntegerHeads,
      kernels.attentionIntegerScratchBytes(5, 4),
      PROBABILITY_TOLERANCE,
    ],
  ];
  for (const [kernel, attention, scratchBytes, tolerance] of attentions) {
    const [tokens, heads, size] = [5, 2, 4];
    const queryKeyValue = pattern(tokens * 3 * heads * size, 11);
    const part = (t: number, which: number, head: number): number[] =>
      queryKeyValue.slice((t * 3 + which) * heads * size + head * size).slice(0, size);
    const context = take(tokens * heads * size * 4);
    attention(place(queryKeyValue), context, take(scratchBytes), tokens, heads, size, 0, heads);
    const every = [...Array(tokens).keys()];
    const expected = every.flatMap((t) =>
      [0, 1].flatMap((head) => {
        const query = part(t, 0, head);
        const scores = every.map(
          (u) => sum(part(u, 1, head).map((key, i) => key * query[i]!)) / Math.sqrt(size),
        );
        const shares = softmax(scores);
        return [...Array(size).keys()].map((i) =>
          sum(shares.map((share, u) => share * part(u, 2, head)[i]!)),
        );
      }),
    );
    compare(kernel, context, expected, tolerance);
  }

  // Scores of zero make every path alike: Z counts them, 3 labels to the power of 5 steps.
  const zeros = place(new Array<number>(16).fill(0));
  const logPartition = kernels.crfForward(zeros, zeros, zeros, zeros, take(80), 5, 3);
  compare("crfForward", place([logPartition]), [5 * Math.log(3)]);
  return sheet.answers;
}
