import type { TokenizerConfig } from "./tokenizer-config.ts";

/** BERT's special tokens, first in every vocabulary that is built here. */
export const SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** A tokenizer over a vocabulary that has BERT's special tokens. */
export function tokenizerOver(
  vocab: readonly string[],
  type: TokenizerConfig["type"],
  do_lower_case: boolean,
): TokenizerConfig {
  return {
    type,
    vocab,
    do_lower_case,
    strip_accents: null,
    tokenize_chinese_chars: true,
    unk_token: "[UNK]",
    cls_token: "[CLS]",
    sep_token: "[SEP]",
    pad_token: "[PAD]",
    mask_token: "[MASK]",
  };
}

export interface CharacterVocabularyOptions {
  readonly size: number;
  readonly minFrequency: number;
  readonly do_lower_case: boolean;
}

/**
 * The characters of some texts, most frequent first, behind BERT's special tokens. Rare ones are left out, so that
 * training meets `[UNK]` and learns what to make of it.
 *
 * @param options `size`, tokens at most; `minFrequency`, how often a character must occur; `do_lower_case`
 */
export function buildCharacterVocabulary(
  texts: Iterable<string>,
  { size, minFrequency, do_lower_case }: CharacterVocabularyOptions,
): string[] {
  const frequencies = new Map<string, number>();
  for (const text of texts) {
    for (const character of text) {
      const folded = do_lower_case ? character.toLowerCase() : character;
      frequencies.set(folded, (frequencies.get(folded) ?? 0) + 1);
    }
  }
  const frequent = [...frequencies].filter(([, count]) => count >= minFrequency);
  // Of characters as frequent the order is that of their code, so that the same texts give the same vocabulary.
  frequent.sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  return [...SPECIAL_TOKENS, ...frequent.map(([character]) => character)].slice(0, size);
}
