// The training kernels: a second binary, so that running a model stays tiny. Every kernel ends in `scratch, first, last`:
// it does the units from `first` to before `last` of its work, with scratch memory that no other thread uses; what comes
// out doesn't depend on how the units are shared. Otherwise as assembly/index.ts says.

export { attention, attentionBackward, attentionTrainScratchBytes } from "./attention";
export { columnSums } from "./columns";
export { crfLoss, crfScratchBytes } from "./crf";
export { binaryCrossEntropy, countHits, scoreHistogram } from "./detection";
export { activate, activateBackward, add, dropout, fill } from "./elementwise";
export { gather, scatterAdd } from "./gather";
export { gru, gruBackward, gruScratchBytes } from "./gru";
export { layerNorm, layerNormBackward, layerNormParametersBackward } from "./layernorm";
export { crossEntropy } from "./losses";
export { matmul, matmulScratchBytes, packColumns, packColumnsBytes } from "./matmul";
export { adamW } from "./optimizer";
export { rotary } from "./rotary";
export { replaceTokens, sample } from "./sampling";
export { rootOfSum, sum, sumOfSquares } from "./sums";

/** The first address that no static data of these kernels occupies. */
export function heapBase(): usize {
  return __heap_base;
}
