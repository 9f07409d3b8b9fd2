/** Instructions of three bytes, the prefix of SIMD first, and what the second byte becomes. */
const SWAPS = [
  { code: [0xfd, 0xe4, 0x01], other: 0xe5 }, // f32x4.add, f32x4.sub
  { code: [0xfd, 0xe6, 0x01], other: 0xe4 }, // f32x4.mul, f32x4.add
  { code: [0xfd, 0xae, 0x01], other: 0xb1 }, // i32x4.add, i32x4.sub
  { code: [0xfd, 0x85, 0x02], other: 0x86 }, // f32x4.relaxed_madd, f32x4.relaxed_nmadd
] as const;

/** The kernels with one instruction swapped for another, which is what an engine's error looks like; every one in turn. */
export function* wrongBinaries(binary: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < binary.length - 2; at++) {
    for (const { code, other } of SWAPS) {
      if (!code.every((byte, i) => binary[at + i] === byte)) continue;
      const wrong = Uint8Array.from(binary);
      wrong[at + 1] = other;
      if (WebAssembly.validate(wrong)) yield wrong;
    }
  }
}
