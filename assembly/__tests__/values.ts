/** Stores floats side by side from an address on. */
export function put(address: usize, values: StaticArray<f32>): void {
  for (let i = 0; i < values.length; i++) f32.store(address + ((<usize>i) << 2), values[i]);
}

/** The float that stands `index` floats after an address. */
export function at(address: usize, index: i32): f32 {
  return f32.load(address + ((<usize>index) << 2));
}
