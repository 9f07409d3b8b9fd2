import type { TokenAdder } from "./encoding.ts";
import type { TokenIds } from "./token-ids.ts";
import type { TokenizerConfig } from "./tokenizer-config.ts";

/**
 * Every Unicode code point, spaces too, is one token and one word: lower-cased on its own where the model asks for
 * that, then looked up. What Chinese taggers trained character by character expect, so that a label is a character's.
 *
 * @param masks whether the mask token, where the text has it, is one token too
 */
export function characterAdder(config: TokenizerConfig, ids: TokenIds, masks: boolean): TokenAdder {
  const unknown = ids.get(config.unk_token)!;
  const mask = masks ? config.mask_token : null;
  return {
    add(encoding, text, from, to) {
      let at = from;
      const add = (id: number, length: number) => {
        encoding.add(id, at, at + length, encoding.newWord());
        at += length;
      };
      const part = text.slice(from, to);
      for (const [i, plain] of (mask === null ? [part] : part.split(mask)).entries()) {
        if (i > 0) add(ids.get(mask!)!, mask!.length);
        for (const character of plain) {
          const id = ids.get(config.do_lower_case ? character.toLowerCase() : character);
          add(id ?? unknown, character.length);
        }
      }
    },
    endsWord: () => true,
  };
}
