import type { TokenAdder } from "./encoding.ts";
import type { TokenIds } from "./token-ids.ts";
import type { TokenizerConfig } from "./tokenizer-config.ts";

/**
 * Every Unicode code point, spaces too, is one token and one word: lower-cased on its own where the model asks for
 * that, then looked up. What Chinese taggers trained character by character expect, so that a label is a character's.
 */
export function characterAdder(config: TokenizerConfig, ids: TokenIds): TokenAdder {
  const unknown = ids.get(config.unk_token)!;
  return {
    add(encoding, text, from, to) {
      let at = from;
      for (const character of text.slice(from, to)) {
        const end = at + character.length;
        const id = ids.get(config.do_lower_case ? character.toLowerCase() : character);
        encoding.add(id ?? unknown, at, end, encoding.newWord());
        at = end;
      }
    },
    endsWord: () => true,
  };
}
