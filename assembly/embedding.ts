// The input of the encoder: three embeddings a token, added (Devlin et al. 2019, section 3).

/**
 * out[t] = words[inputIds[t]] + positions[t] + types[tokenTypeIds[t]] for t < tokens; all tables have rows of `size`
 * values, the ids are i32.
 */
export function embed(
  inputIds: usize,
  tokenTypeIds: usize,
  words: usize,
  positions: usize,
  types: usize,
  out: usize,
  tokens: i32,
  size: i32,
): void {
  const rowBytes = (<usize>size) << 2;
  const wide = (<usize>(size & ~3)) << 2;
  for (let t: usize = 0; t < <usize>tokens; t++) {
    const word = words + <usize>i32.load(inputIds + (t << 2)) * rowBytes;
    const position = positions + t * rowBytes;
    const type = types + <usize>i32.load(tokenTypeIds + (t << 2)) * rowBytes;
    for (let at: usize = 0; at < wide; at += 16) {
      const sum = f32x4.add(v128.load(word + at), v128.load(type + at));
      v128.store(out + at, f32x4.add(sum, v128.load(position + at)));
    }
    for (let at = wide; at < rowBytes; at += 4) {
      f32.store(out + at, f32.load(word + at) + f32.load(type + at) + f32.load(position + at));
    }
    out += rowBytes;
  }
}

/**
 * The same with words of int8: a row of `words` stands for its integers times its scale.
 *
 * @param words [vocabulary, size] i8
 * @param wordScales [vocabulary] f32
 */
export function embedInt8(
  inputIds: usize,
  tokenTypeIds: usize,
  words: usize,
  wordScales: usize,
  positions: usize,
  types: usize,
  out: usize,
  tokens: i32,
  size: i32,
): void {
  const rowBytes = (<usize>size) << 2;
  const wide = (<usize>(size & ~3)) << 2;
  for (let t: usize = 0; t < <usize>tokens; t++) {
    const id = <usize>i32.load(inputIds + (t << 2));
    const word = words + id * <usize>size;
    const scale = f32.load(wordScales + (id << 2));
    const scales = f32x4.splat(scale);
    const position = positions + t * rowBytes;
    const type = types + <usize>i32.load(tokenTypeIds + (t << 2)) * rowBytes;
    for (let at: usize = 0; at < wide; at += 16) {
      const bytes = i16x8.extend_low_i8x16_s(v128.load32_zero(word + (at >> 2)));
      const value = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(bytes)), scales);
      const sum = f32x4.add(value, v128.load(type + at));
      v128.store(out + at, f32x4.add(sum, v128.load(position + at)));
    }
    for (let at = wide; at < rowBytes; at += 4) {
      const value = <f32>load<i8>(word + (at >> 2)) * scale;
      f32.store(out + at, value + f32.load(type + at) + f32.load(position + at));
    }
    out += rowBytes;
  }
}
