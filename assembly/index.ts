// The ABI: every kernel that the library calls, by family. Pointers are byte addresses in the imported memory, sizes
// and strides count elements. Kernels know no model, allocate nothing and trust their arguments: src/wasm checks them.

export { attention, attentionHeads, attentionScratchBytes } from "./attention";
export { attentionInt16, attentionInt16Heads, attentionInt16ScratchBytes } from "./attention-int16";
// Weights on their way in.
export { arePositive, includesLowestInt8 } from "./checks";
// What turns emissions into labels.
export { crfBackward, crfForward, crfMarginals, crfStride, crfViterbi } from "./crf";
// The encoder.
export { embed, embedInt8 } from "./embedding";
export { gemm, packedInputBytes, packedWeightBytes, packInputs, packWeightRow } from "./gemm";
export {
  gemmInt8,
  packedInt8WeightBytes,
  packInt8WeightRows,
  packInt8WeightScales,
  quantizedInputBytes,
  quantizeInputs,
} from "./gemm-int8";
export { gru } from "./gru";
export { widenHalves } from "./half";
export { layerNorm } from "./layernorm";
export { rotary } from "./rotary";
export { softmax } from "./softmax";

/** The first address that no static data of these kernels occupies. */
export function heapBase(): usize {
  return __heap_base;
}
