// Random numbers that depend on nothing but a seed, a site and an index, so that the way back draws what the way forward
// drew, and every device and number of threads the same. src/train/random.ts is the same function.

/** A mixer of 32 bits (Wellons 2018, "lowbias32"). */
function mix(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x7feb352d;
  x = (x ^ (x >> 15)) * 0x846ca68b;
  return x ^ (x >> 16);
}

/** What {@link uniform} needs of a seed and a site. */
export function stream(seed: u32, site: u32): u32 {
  return mix(mix(seed + 0x9e3779b9) ^ site);
}

/** A number from 0 to below 1, in steps of 2⁻²⁴. */
export function uniform(stream: u32, index: u32): f32 {
  return <f32>(mix(stream ^ index) >> 8) * (1.0 / 16777216.0);
}

/** The numbers of the four lanes. */
export const LANES = memory.data<i32>([0, 1, 2, 3]);
const MULTIPLIERS = memory.data<i32>([0x7feb352d, 0x846ca68b]);

/** `mix` of four numbers. */
export function mixLanes(x: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), v128.load32_splat(MULTIPLIERS));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), v128.load32_splat(MULTIPLIERS, 4));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** {@link uniform} of four indices from `index` on. */
export function uniformLanes(stream: u32, index: u32): v128 {
  const indices = i32x4.add(i32x4.splat(index), v128.load(LANES));
  const bits = i32x4.shr_u(mixLanes(v128.xor(i32x4.splat(stream), indices)), 8);
  return f32x4.mul(f32x4.convert_i32x4_s(bits), f32x4.splat(1.0 / 16777216.0));
}
