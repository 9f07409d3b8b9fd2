import type { Encoding } from "./encoding.ts";

/** Two texts as one input. */
export interface PairEncoding extends Encoding {
  /** 0 for the first text, 1 for the second (Devlin et al. 2018, section 3). */
  readonly tokenTypeIds: Int32Array;
}

/**
 * `[CLS]`, the first text, `[SEP]`, the second, `[SEP]`. Offsets and words stay each text's own.
 *
 * @param from the first token of the second encoding that is wanted, whose `[CLS]` is 0
 * @param to the token after the last one that is wanted
 */
export function joinEncodings(
  first: Encoding,
  second: Encoding,
  from = 1,
  to = second.ids.length - 1,
): PairEncoding {
  const join = (key: keyof Encoding) =>
    Int32Array.of(...first[key], ...second[key].subarray(from, to), second[key].at(-1)!);
  const ids = join("ids");
  return {
    ids,
    start: join("start"),
    end: join("end"),
    word: join("word"),
    tokenTypeIds: new Int32Array(ids.length).fill(1, first.ids.length),
  };
}
