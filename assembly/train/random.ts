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
