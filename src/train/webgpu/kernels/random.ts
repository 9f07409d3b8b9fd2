/** `drawAt` is `uniform` of `src/train/random.ts`, bit for bit. */
export const RANDOM = `
fn mix(value: u32) -> u32 {
  var x = (value ^ (value >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  return x ^ (x >> 16u);
}

fn stream(seed: u32, site: u32) -> u32 {
  return mix(mix(seed + 0x9e3779b9u) ^ site);
}

fn drawAt(draws: u32, index: u32) -> f32 {
  return f32(mix(draws ^ index) >> 8u) * (1.0 / 16777216.0);
}
`;
