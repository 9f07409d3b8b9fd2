import { InputError, ModelFileError } from "../errors.ts";
import type { Sequence } from "../model/batch.ts";
import type { ModelFile } from "../model/file/model-file.ts";
import { joinEncodings } from "../text/pair.ts";
import { assertText, type Encoding, parseTokenizer, type Tokenizer } from "../text/tokenizer.ts";

/** A text, or a pair, as the model takes it. */
export interface EncodedText extends Encoding, Sequence {}

/** A model's tokenizer, and how long a text may be for the model. */
export class ModelTokenizer {
  readonly tokenizer: Tokenizer;
  /** `[CLS]` and `[SEP]` included. */
  readonly maxTokens: number;
  readonly #pairs: boolean;

  /** @throws {ModelFileError} `tokenizer-malformed` */
  constructor({ name, metadata }: ModelFile) {
    const { vocab_size, max_position_embeddings, type_vocab_size } = metadata.config;
    this.tokenizer = parseTokenizer(metadata.tokenizer, name, metadata.task === "fill-mask");
    this.maxTokens = max_position_embeddings;
    this.#pairs = type_vocab_size > 1;
    const tokens = this.tokenizer.config.vocab.length;
    if (tokens > vocab_size) {
      const detail = `the vocabulary has ${tokens} tokens, but "vocab_size" is ${vocab_size}`;
      throw new ModelFileError("tokenizer-malformed", name, detail);
    }
  }

  /**
   * @param text what the caller handed over as such
   * @param pair a second text, of which the model says something together with the first
   * @throws {InputError} `not-a-string`, `lone-surrogate`, or `text-too-long`, saying how long it may be
   */
  encode(text: string, pair?: string): EncodedText {
    const first = this.encodeWhole(text);
    const encoded = pair === undefined ? asSequence(first) : this.join(first, this.encodeWhole(pair));
    const tokens = encoded.ids.length;
    if (tokens > this.maxTokens) {
      const lengths = pair === undefined ? text.length : `${text.length} and ${pair.length}`;
      throw new InputError(
        "text-too-long",
        `the text has ${lengths} characters and takes ${tokens} tokens; this model takes at most ` +
          `${this.maxTokens}, [CLS] and [SEP] included`,
      );
    }
    return encoded;
  }

  /** A text of any length. @throws {InputError} `not-a-string` or `lone-surrogate` */
  encodeWhole(text: unknown): Encoding {
    assertText(text);
    return this.tokenizer.encode(text);
  }

  /** See {@link joinEncodings}. A model that knows one type of token gives both texts that one. */
  join(...pair: Parameters<typeof joinEncodings>): EncodedText {
    const { tokenTypeIds, ...encoding } = joinEncodings(...pair);
    return { ...asSequence(encoding), tokenTypeIds: this.#pairs ? tokenTypeIds : undefined };
  }
}

const asSequence = (encoding: Encoding): EncodedText => ({ ...encoding, inputIds: encoding.ids });
