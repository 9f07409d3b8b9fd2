/** A text as the model's input: `[CLS]`, the text's tokens, `[SEP]`. Every array is [tokens]. */
export interface Encoding {
  readonly ids: Int32Array;
  /**
   * Where each token lies in the given string, in UTF-16 units, half-open; `[CLS]` is 0, 0 and `[SEP]` length, length.
   * Both ascend. Tokens that come of one character (the letters of a Hangul syllable) share its offsets.
   */
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** The number of the word a token belongs to, from 0; -1 for `[CLS]` and `[SEP]`. */
  readonly word: Int32Array;
}

/** Collects the tokens of one text. */
export class EncodingBuilder {
  readonly #ids: number[] = [];
  readonly #start: number[] = [];
  readonly #end: number[] = [];
  readonly #word: number[] = [];

  add(id: number, start: number, end: number, word: number): void {
    this.#ids.push(id);
    this.#start.push(start);
    this.#end.push(end);
    this.#word.push(word);
  }

  build(): Encoding {
    return {
      ids: Int32Array.from(this.#ids),
      start: Int32Array.from(this.#start),
      end: Int32Array.from(this.#end),
      word: Int32Array.from(this.#word),
    };
  }
}
