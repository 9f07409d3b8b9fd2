// Rotary position embeddings (Su et al. 2021, section 3.2.2): a token's place turns each pair of its query's and key's
// values by an angle, so that their products depend on how far apart two tokens are.

/**
 * In place, for the first `columns` values of each row of x: with neighbours (a, b) of a head and the angle of their
 * pair at the row's position, (a cos − b sin, b cos + a sin).
 *
 * @param x [tokens, stride]
 * @param positions i32 [tokens]
 * @param table [positions, headSize]: the sines of a position's headSize / 2 angles, then their cosines
 * @param columns a multiple of `headSize`, which is even
 * @param direction 1, or −1 to turn back, as gradients do
 */
export function rotary(
  x: usize,
  positions: usize,
  table: usize,
  tokens: i32,
  stride: i32,
  columns: i32,
  headSize: i32,
  direction: f32,
): void {
  const half = (<usize>headSize) << 1; // bytes of half a head
  const wide = half & ~7;
  const signs = f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(direction), 0, -direction), 2, -direction);
  for (let t = 0; t < tokens; t++) {
    const sines = table + <usize>i32.load(positions + ((<usize>t) << 2)) * (half << 1);
    let head = x + ((<usize>t * <usize>stride) << 2);
    for (const end = head + ((<usize>columns) << 2); head < end; head += half << 1) {
      for (let at: usize = 0; at < wide; at += 8) {
        const sin = v128.load64_zero(sines + at);
        const cos = v128.load64_zero(sines + half + at);
        const pairs = v128.load(head + (at << 1));
        const swapped = i32x4.shuffle(pairs, pairs, 1, 0, 3, 2);
        const turned = f32x4.mul(f32x4.mul(swapped, i32x4.shuffle(sin, sin, 0, 0, 1, 1)), signs);
        v128.store(
          head + (at << 1),
          f32x4.add(f32x4.mul(pairs, i32x4.shuffle(cos, cos, 0, 0, 1, 1)), turned),
        );
      }
      if (wide < half) {
        const sin = f32.load(sines + wide) * direction;
        const cos = f32.load(sines + half + wide);
        const a = f32.load(head + (wide << 1));
        const b = f32.load(head + (wide << 1), 4);
        f32.store(head + (wide << 1), a * cos - b * sin);
        f32.store(head + (wide << 1), b * cos + a * sin, 4);
      }
    }
  }
}
