import { type Dtype, ITEM_SIZE } from "./safetensors.ts";

/** What a model file's tensors are stored as. */
export type StorageDtype = "F32" | "F16";

/** What a checkpoint's weights may be stored as. */
export const FLOAT_DTYPES: readonly Dtype[] = ["F32", "F16", "BF16", "F64"];

/**
 * Rewrites a tensor's values. Widening is exact; narrowing rounds to the nearest, ties to even (float64 to float16 by
 * way of float32). Bytes that need no rewriting are returned as they came.
 *
 * All engines that run JavaScript are little-endian, as safetensors and torch's files are.
 *
 * @param data memory of its own, so that it is aligned
 * @param overflow called with a finite value that `to` can't hold; it must throw
 */
export function convertFloats(
  data: Uint8Array<ArrayBuffer>,
  from: Dtype,
  to: StorageDtype,
  overflow: (value: number) => never,
): Uint8Array {
  if (from === to) return data;
  const floats = toFloat32(data, from, overflow);
  if (to === "F32") return new Uint8Array(floats.buffer);
  const bits = new Uint32Array(floats.buffer);
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < halves.length; i++) {
    const half = float32ToHalf(bits[i]!, floats[i]!);
    if (half === undefined) overflow(floats[i]!);
    else halves[i] = half;
  }
  return new Uint8Array(halves.buffer);
}

function toFloat32(
  data: Uint8Array<ArrayBuffer>,
  from: Dtype,
  overflow: (value: number) => never,
): Float32Array<ArrayBuffer> {
  if (from === "F32") return new Float32Array(data.buffer);
  const floats = new Float32Array(data.length / ITEM_SIZE[from]);
  const bits = new Uint32Array(floats.buffer);
  if (from === "F64") {
    const doubles = new Float64Array(data.buffer);
    for (let i = 0; i < floats.length; i++) {
      floats[i] = doubles[i]!;
      if (!Number.isFinite(floats[i]) && Number.isFinite(doubles[i])) overflow(doubles[i]!);
    }
  } else {
    const halves = new Uint16Array(data.buffer);
    for (let i = 0; i < bits.length; i++) {
      bits[i] = from === "BF16" ? halves[i]! << 16 : halfToFloat32Bits(halves[i]!);
    }
  }
  return floats;
}

/** IEEE 754 binary16 to the bits of the binary32 of the same value. */
export function halfToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // A subnormal, mantissa · 2^-24, is a normal number here: shift its leading one into place.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

/** The binary16 nearest to a binary32, given as bits and as value; undefined where a finite value would be infinite. */
function float32ToHalf(bits: number, value: number): number | undefined {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude === 0x7f800000) return sign | 0x7c00;
  // 65520, halfway between the largest binary16 and what would follow it.
  if (magnitude >= 0x477ff000) return undefined;
  if (magnitude >= 0x38800000) {
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  // Below 2^-14 binary16 counts in steps of 2^-24.
  const steps = Math.abs(value) * 2 ** 24;
  const floor = Math.floor(steps);
  const rest = steps - floor;
  return sign | (floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0));
}
