import { INT4_GROUP } from "./storage.ts";

/**
 * Unpacks rows of int4 to the int8 that they stand for: each value times its group's scale. Nothing is rounded; the
 * row's own scale stays what it was.
 *
 * @param packed [rows, ceil(inputs / 2)]
 * @param groupScales [rows, ceil(inputs / 32)], each from 1 to 18
 * @param out [rows, inputs]
 * @returns false where a value is -8, which int4 does not use
 */
export function unpackInt4(
  packed: Uint8Array,
  groupScales: Uint8Array,
  inputs: number,
  out: Int8Array,
): boolean {
  let at = 0;
  let group = 0;
  let next = 0;
  while (next < out.length) {
    const rowEnd = next + inputs;
    while (next < rowEnd) {
      const scale = groupScales[group++]!;
      const groupEnd = Math.min(next + INT4_GROUP, rowEnd);
      while (next < groupEnd) {
        const pair = packed[at++]!;
        const low = (pair << 28) >> 28;
        const high = (pair << 24) >> 28;
        if (low === -8 || high === -8) return false;
        out[next++] = low * scale;
        if (next < groupEnd) out[next++] = high * scale;
      }
    }
  }
  return true;
}
