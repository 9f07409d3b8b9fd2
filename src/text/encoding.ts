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
  #words = 0;
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

  /** How many tokens have been added since it was last taken. */
  get length(): number {
    return this.#ids.length;
  }

  /** The number of the word that begins. */
  newWord(): number {
    return this.#words++;
  }

  /** What has been added since it was last taken; the words are counted on. */
  take(): Encoding {
    const taken = (values: number[]) => Int32Array.from(values.splice(0));
    return {
      ids: taken(this.#ids),
      start: taken(this.#start),
      end: taken(this.#end),
      word: taken(this.#word),
    };
  }
}

/** What of a tokenizer turns text into tokens. */
export interface TokenAdder {
  /** Adds the tokens of the text between two UTF-16 offsets where words end. */
  add(encoding: EncodingBuilder, text: string, from: number, to: number): void;
  /** Whether a word ends after this code point wherever it stands, and the tokens of what follows begin anew. */
  endsWord(codePoint: number): boolean;
}
