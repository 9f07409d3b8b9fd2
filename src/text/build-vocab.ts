import type { TokenizerConfig } from "./tokenizer-config.ts";

const SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** A tokenizer of single characters over the given vocabulary. */
export function characterTokenizer(vocab: readonly string[]): TokenizerConfig {
  return {
    type: "characters",
    vocab,
    do_lower_case: true,
    strip_accents: null,
    tokenize_chinese_chars: true,
    unk_token: "[UNK]",
    cls_token: "[CLS]",
    sep_token: "[SEP]",
    pad_token: "[PAD]",
    mask_token: "[MASK]",
  };
}

/**
 * The characters of some texts, most frequent first, behind BERT's special tokens. Rare ones are left out, so that
 * training meets `[UNK]` and learns what to make of it.
 *
 * @param minFrequency how often a character must occur
 */
export function buildCharacterVocabulary(texts: Iterable<string>, minFrequency: number): string[] {
  const frequencies = new Map<string, number>();
  for (const text of texts) {
    for (const character of text) {
      const folded = character.toLowerCase();
      frequencies.set(folded, (frequencies.get(folded) ?? 0) + 1);
    }
  }
  const frequent = [...frequencies].filter(([, count]) => count >= minFrequency);
  // Of characters as frequent the order is that of their code, so that the same texts give the same vocabulary.
  frequent.sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  return [...SPECIAL_TOKENS, ...frequent.map(([character]) => character)];
}
