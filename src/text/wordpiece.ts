import type { EncodingBuilder, TokenAdder } from "./encoding.ts";
import { TokenIds } from "./token-ids.ts";
import type { TokenizerConfig } from "./tokenizer-config.ts";
import { isChinese, isControl, isPunctuation, isWhitespace } from "./unicode.ts";
import { wordSplitter } from "./words.ts";

/** What marks a piece that goes on a word. */
export const CONTINUATION = "##";
/** A longer word, in code points, is unknown as a whole. */
export const MAX_WORD_LENGTH = 100;

/**
 * BERT's tokenizer (Devlin et al. 2018; Wu et al. 2016 for the pieces) as Hugging Face's Rust `tokenizers` has it: the
 * text is cut into words (`words.ts`), and the longest known pieces cut the words. Special tokens written in the text
 * are taken for themselves.
 */
export function wordPieceAdder(config: TokenizerConfig, ids: TokenIds): TokenAdder {
  const unknown = ids.get(config.unk_token)!;
  const tokens = specialTokens(config);
  const special = anyOf(tokens);
  const inSpecial = new Set(Array.from(tokens.join(""), (character) => character.codePointAt(0)!));
  const wordsOf = wordSplitter(config);
  const continuations = new TokenIds();
  let longest = 0;
  config.vocab.forEach((token, id) => {
    longest = Math.max(longest, token.length);
    if (token.startsWith(CONTINUATION)) continuations.set(token.slice(CONTINUATION.length), id);
  });

  /** Greedy, longest piece first; `undefined` where a part is unknown. */
  const cut = (form: string): { id: number; from: number; to: number }[] | undefined => {
    const pieces = [];
    for (let from = 0; from < form.length; ) {
      const known = from === 0 ? ids : continuations;
      let to = Math.min(form.length, from + longest);
      let id = known.get(form.slice(from, to));
      while (id === undefined && to > from + 1) id = known.get(form.slice(from, --to));
      if (id === undefined) return undefined;
      pieces.push({ id, from, to });
      from = to;
    }
    return pieces;
  };

  const addPlain = (encoding: EncodingBuilder, text: string, from: number, to: number): void => {
    for (const { form, length, start, end } of wordsOf(text, from, to)) {
      const whole = { id: unknown, from: 0, to: form.length };
      const pieces = (length <= MAX_WORD_LENGTH ? cut(form) : undefined) ?? [whole];
      const word = encoding.newWord();
      for (const { id, from, to } of pieces) encoding.add(id, start[from]!, end[to - 1]!, word);
    }
  };

  return {
    add(encoding, text, from, to) {
      let at = from;
      for (const match of text.slice(from, to).matchAll(special)) {
        const start = from + match.index;
        addPlain(encoding, text, at, start);
        at = start + match[0].length;
        encoding.add(ids.get(match[0])!, start, at, encoding.newWord());
      }
      addPlain(encoding, text, at, to);
    },
    endsWord(codePoint) {
      if (inSpecial.has(codePoint) || isControl(codePoint)) return false;
      if (config.tokenize_chinese_chars && isChinese(codePoint)) return true;
      return isWhitespace(codePoint) || isPunctuation(codePoint);
    },
  };
}

function specialTokens(config: TokenizerConfig): string[] {
  const tokens = [config.unk_token, config.cls_token, config.sep_token, config.pad_token];
  return config.mask_token === null ? tokens : [...tokens, config.mask_token];
}

/** Finds tokens in a text: the leftmost first, and of those the longest. */
function anyOf(tokens: readonly string[]): RegExp {
  const alternatives = [...tokens]
    .sort((a, b) => b.length - a.length)
    .map((token) => token.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(alternatives.join("|"), "gu");
}
