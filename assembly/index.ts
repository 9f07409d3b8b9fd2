// The ABI: every kernel that the library calls, by family. Pointers are byte addresses in the imported memory, sizes
// and strides count elements. Kernels know no model, allocate nothing and trust their arguments: src/wasm checks them.

export { attention, attentionHeads, attentionScratchBytes } from "./attention";
export { attentionInteger, attentionIntegerHeads, attentionIntegerScratchBytes } from "./attention-integer";
export { areWithin, includesLowestInt8 } from "./checks";
export { crfBackward, crfForward, crfMarginals, crfStride, crfViterbi } from "./crf";
export { embed, embedInt8 } from "./embedding";
export { gemm, packedInputBytes, packedWeightBytes, packInputs, packWeightRow } from "./gemm";
export { gemmInt8, quantizedInputBytes, quantizeInputs } from "./gemm-int8";
export { gru } from "./gru";
export { widenHalves } from "./half";
export { layerNorm } from "./layernorm";
export { rotary } from "./rotary";
export { softmax } from "./softmax";
export { packedInt8WeightBytes, packInt8WeightRows, packInt8WeightScales } from "./weights-int8";

/** The first address that no static data of these kernels occupies. */
export function heapBase(): usize {
  return __heap_base;
}
