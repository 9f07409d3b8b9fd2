// Half precision as models store it (IEEE 754 binary16), widened to f32.

const WIDEN: f32 = 5.192296858534828e33; // 2¹¹²: the difference of the two exponent biases

/** Widens `count` halves into floats, exactly: denormals, ±0, ±∞ and NaN included. The two must not overlap. */
export function widenHalves(halves: usize, count: i32, floats: usize): void {
  for (let end = floats + ((<usize>count) << 2); floats < end; floats += 4, halves += 2) {
    const half = <u32>load<u16>(halves);
    // The half's exponent and mantissa read as a float are 2¹¹² too small; multiplying also makes denormals normal.
    let bits = reinterpret<u32>(reinterpret<f32>((half & 0x7fff) << 13) * WIDEN);
    if ((half & 0x7c00) === 0x7c00) bits |= 0x7f800000;
    store<u32>(floats, bits | ((half & 0x8000) << 16));
  }
}
