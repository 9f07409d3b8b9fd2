import { InputError } from "../errors.ts";
import { characterEncoder } from "./characters.ts";
import type { Encoding } from "./encoding.ts";
import { TokenIds } from "./token-ids.ts";
import { parseIndexedTokenizer, type TokenizerConfig } from "./tokenizer-config.ts";
import { wordPieceEncoder } from "./wordpiece.ts";

export type { Encoding } from "./encoding.ts";
export { parseTokenizerConfig, type TokenizerConfig } from "./tokenizer-config.ts";

export interface Tokenizer {
  readonly config: TokenizerConfig;
  /** Text to ids; any text of any length. */
  encode(text: string): Encoding;
  /** @throws {InputError} `bad-option` where the vocabulary has no such id. */
  token(id: number): string;
}

/** @param config as `parseTokenizerConfig` gives it: the special tokens are taken to be in the vocabulary. */
export function createTokenizer(config: TokenizerConfig): Tokenizer {
  const ids = new TokenIds();
  config.vocab.forEach((token, id) => {
    ids.set(token, id);
  });
  return tokenizerOf(config, ids);
}

/**
 * {@link parseTokenizerConfig} and {@link createTokenizer} in one, for whom the vocabulary is gone through once only.
 *
 * @throws {ModelFileError} `tokenizer-malformed`
 */
export function parseTokenizer(json: unknown, source: string): Tokenizer {
  const { config, ids } = parseIndexedTokenizer(json, source);
  return tokenizerOf(config, ids);
}

function tokenizerOf(config: TokenizerConfig, ids: TokenIds): Tokenizer {
  return {
    config,
    encode: config.type === "characters" ? characterEncoder(config, ids) : wordPieceEncoder(config, ids),
    token(id) {
      const token = config.vocab[id];
      if (token === undefined) {
        throw new InputError(
          "bad-option",
          `token id must be an integer below ${config.vocab.length}, not ${id}`,
        );
      }
      return token;
    },
  };
}

/**
 * Checks what a caller handed over as text, which TypeScript can't vouch for.
 *
 * @throws {InputError} `not-a-string`, or `lone-surrogate` naming its UTF-16 index
 */
export function assertText(text: unknown): asserts text is string {
  if (typeof text !== "string") {
    const came = text === null ? "null" : Array.isArray(text) ? "an array" : `a value of type ${typeof text}`;
    throw new InputError("not-a-string", `text must be a string, not ${came}`);
  }
  const at = text.search(/\p{Surrogate}/u);
  if (at >= 0) {
    const unit = text.charCodeAt(at).toString(16).toUpperCase();
    throw new InputError(
      "lone-surrogate",
      `text has half a surrogate pair, U+${unit}, at UTF-16 index ${at}`,
    );
  }
}
