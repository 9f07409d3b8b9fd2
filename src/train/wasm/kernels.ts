/** What ends every kernel's operands: the thread's own scratch memory, and which units of the work to do, half-open. */
type Kernel = (...operands: number[]) => void;

/** The kernels that commands name; a command holds an index into this list. */
export const TRAINING_KERNELS = [
  "packColumns",
  "matmul",
  "add",
  "fill",
  "columnSums",
  "activate",
  "activateBackward",
  "rotary",
  "dropout",
  "layerNorm",
  "layerNormBackward",
  "layerNormParametersBackward",
  "gather",
  "scatterAdd",
  "sum",
  "sumOfSquares",
  "rootOfSum",
  "adamW",
  "attention",
  "attentionBackward",
  "gru",
  "gruBackward",
  "crossEntropy",
  "crfLoss",
  "binaryCrossEntropy",
  "sample",
  "replaceTokens",
  "countHits",
  "scoreHistogram",
] as const;

export type TrainingKernel = (typeof TRAINING_KERNELS)[number];

/** How much of its work is one unit, where a kernel's units are no rows or sequences; see assembly/train. */
export const UNITS = { values: 1024, squares: 65_536, columns: 16, panels: 8, rows: 12 } as const;

export const unitsOf = (count: number, kind: keyof typeof UNITS): number => Math.ceil(count / UNITS[kind]);

/** The exports of `assembly/train/index.ts`. */
export interface TrainingKernels extends Readonly<Record<TrainingKernel, Kernel>> {
  heapBase(): number;
  packColumnsBytes(n: number, k: number): number;
  matmulScratchBytes(k: number, n: number): number;
  attentionTrainScratchBytes(maxLength: number, headSize: number): number;
  gruScratchBytes(size: number): number;
  crfScratchBytes(maxLength: number, labels: number): number;
}
