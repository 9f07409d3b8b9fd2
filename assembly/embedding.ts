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
