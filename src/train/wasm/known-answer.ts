import { AnswerSheet, type KnownAnswer, pattern } from "../../wasm/answer-sheet.ts";
import { GELU } from "../../wasm/kernels.ts";
import { Machine } from "../../wasm/machine.ts";
import type { TrainingKernels } from "./kernels.ts";

const SCRATCH_BYTES = 131_072;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Runs the training kernels whose instructions differ between builds on inputs whose results are known. */
export async function runTrainingAnswers(module: WebAssembly.Module): Promise<KnownAnswer[]> {
  const machine = await Machine.create<TrainingKernels>(module);
  const { kernels } = machine;
  const sheet = new AnswerSheet(machine, SCRATCH_BYTES);

  // Of either build's tiles whole ones and one that is cut short; of the columns' panels as well.
  const [m, n, k] = [15, 11, 7];
  const [a, b, bias] = [pattern(m * k, 5), pattern(k * n, 7), pattern(n, 3)];
  const product = Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return bias[j]! + sum(Array.from({ length: k }, (_, p) => a[i * k + p]! * b[p * n + j]!));
  });
  for (const transposeA of [false, true]) {
    const [packed, out] = [sheet.take(kernels.packColumnsBytes(n, k)), sheet.take(m * n * 4)];
    const scratch = sheet.take(kernels.matmulScratchBytes(k, n));
    const left = transposeA ? transpose(a, m, k) : a;
    kernels.packColumns(sheet.place(b), n, 0, packed, n, k, 0, 0, 2);
    const operands = [sheet.place(left), transposeA ? m : k, +transposeA, packed, sheet.place(bias)];
    kernels.matmul(...operands, out, n, 0, m, n, k, scratch, 0, 2);
    sheet.compare("matmul", out, product);
  }

  // Φ from tables of the normal distribution.
  const points = [-3, -1, -0.5, 0.5, 1, 3];
  const cumulative = [
    0.001349898032, 0.158655253931, 0.308537538726, 0.691462461274, 0.841344746069, 0.998650101968,
  ];
  const gelu = sheet.take(24);
  kernels.activate(sheet.place(points), gelu, 6, GELU, 0, 0, 1);
  sheet.compare(
    "gelu",
    gelu,
    points.map((x, i) => x * cumulative[i]!),
  );
  const slopes = sheet.take(24);
  const ones = sheet.place(points.map(() => 1));
  kernels.activateBackward(sheet.place(points), ones, slopes, 6, GELU, 0, 0, 1);
  sheet.compare(
    "geluBackward",
    slopes,
    points.map((x, i) => cumulative[i]! + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)),
  );

  const [row, gamma, beta] = [pattern(11, 5), pattern(11, 7), pattern(11, 9)];
  const mean = sum(row) / 11;
  const deviation = Math.sqrt(sum(row.map((value) => (value - mean) ** 2)) / 11);
  const normal = row.map((value, i) => ((value - mean) / deviation) * gamma[i]! + beta[i]!);
  const [normalised, statistics] = [sheet.take(44), sheet.take(8)];
  const operands = [row, gamma, beta].map((values) => sheet.place(values));
  kernels.layerNorm(...operands, normalised, statistics, 1, 11, 0, 0, 0, 1);
  sheet.compare("layerNorm", normalised, normal);
  return sheet.answers;
}

/** Of a matrix [rows, columns]. */
function transpose(values: readonly number[], rows: number, columns: number): number[] {
  return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);
}
