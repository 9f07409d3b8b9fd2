import { InputError, ModelFileError } from "../errors.ts";
import type { ModelFile } from "../model/model-file.ts";
import { assertText, type Encoding, parseTokenizer, type Tokenizer } from "../text/tokenizer.ts";

/** A model's tokenizer, and how long a text may be for the model. */
export class ModelTokenizer {
  readonly tokenizer: Tokenizer;
  /** `[CLS]` and `[SEP]` included. */
  readonly maxTokens: number;

  /** @throws {ModelFileError} `tokenizer-malformed` */
  constructor({ name, metadata }: ModelFile) {
    const { vocab_size, max_position_embeddings } = metadata.config;
    this.tokenizer = parseTokenizer(metadata.tokenizer, name);
    this.maxTokens = max_position_embeddings;
    const tokens = this.tokenizer.config.vocab.length;
    if (tokens > vocab_size) {
      const detail = `the vocabulary has ${tokens} tokens, but "vocab_size" is ${vocab_size}`;
      throw new ModelFileError("tokenizer-malformed", name, detail);
    }
  }

  /**
   * @param text what the caller handed over as such
   * @throws {InputError} `not-a-string`, `lone-surrogate`, or `text-too-long`, saying how long it may be
   */
  encode(text: unknown): Encoding {
    assertText(text);
    const encoding = this.tokenizer.encode(text);
    const tokens = encoding.ids.length;
    if (tokens > this.maxTokens) {
      throw new InputError(
        "text-too-long",
        `the text has ${text.length} characters and takes ${tokens} tokens; this model takes at most ` +
          `${this.maxTokens}, [CLS] and [SEP] included`,
      );
    }
    return encoding;
  }
}
