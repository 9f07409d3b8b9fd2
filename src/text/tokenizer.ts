import { InputError } from "../errors.ts";
import { characterAdder } from "./characters.ts";
import { type Encoding, EncodingBuilder } from "./encoding.ts";
import { TokenIds } from "./token-ids.ts";
import { parseIndexedTokenizer, type TokenizerConfig } from "./tokenizer-config.ts";
import { wordPieceAdder } from "./wordpiece.ts";

export type { Encoding } from "./encoding.ts";
export { parseTokenizerConfig, type TokenizerConfig } from "./tokenizer-config.ts";

export interface Tokenizer {
  readonly config: TokenizerConfig;
  /** Text to ids; any text of any length. */
  encode(text: string): Encoding;
  /** The same; undefined where it takes more tokens, of which then hardly more are made. */
  encodeWithin(text: string, maxTokens: number): Encoding | undefined;
  /** The same without `[CLS]` and `[SEP]` and a part at a time, so that a long text takes little memory. */
  encodeParts(text: string): Generator<Encoding>;
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
 * @param masks whether a mask token in a text is taken for itself where else every character is a token
 * @throws {ModelFileError} `tokenizer-malformed`
 */
export function parseTokenizer(json: unknown, source: string, masks = false): Tokenizer {
  const { config, ids } = parseIndexedTokenizer(json, source);
  return tokenizerOf(config, ids, masks);
}

/** UTF-16 units of a text that are turned into tokens together, where words end so soon. */
const PART_LENGTH = 2048;

function tokenizerOf(config: TokenizerConfig, ids: TokenIds, masks = false): Tokenizer {
  const adder =
    config.type === "characters" ? characterAdder(config, ids, masks) : wordPieceAdder(config, ids);
  const [cls, sep] = [ids.get(config.cls_token)!, ids.get(config.sep_token)!];

  /** Adds a text's tokens a part at a time. */
  function* addParts(encoding: EncodingBuilder, text: string): Generator<void> {
    for (let from = 0, to = 0; to < text.length; from = to) {
      let last = 0;
      while (to < text.length && (to < from + PART_LENGTH || !adder.endsWord(last))) {
        last = text.codePointAt(to)!;
        to += last > 0xffff ? 2 : 1;
      }
      adder.add(encoding, text, from, to);
      yield;
    }
  }

  const begin = () => {
    const encoding = new EncodingBuilder();
    encoding.add(cls, 0, 0, -1);
    return encoding;
  };
  const end = (encoding: EncodingBuilder, text: string) => {
    encoding.add(sep, text.length, text.length, -1);
    return encoding.take();
  };

  return {
    config,
    encode(text) {
      const encoding = begin();
      adder.add(encoding, text, 0, text.length);
      return end(encoding, text);
    },
    encodeWithin(text, maxTokens) {
      const encoding = begin();
      for (const _ of addParts(encoding, text)) if (encoding.length >= maxTokens) return undefined;
      return end(encoding, text);
    },
    *encodeParts(text) {
      const encoding = new EncodingBuilder();
      for (const _ of addParts(encoding, text)) yield encoding.take();
    },
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
