import { type Encoding, EncodingBuilder } from "./encoding.ts";
import type { TokenIds } from "./token-ids.ts";
import type { TokenizerConfig } from "./tokenizer-config.ts";

/**
 * Every Unicode code point, spaces too, is one token and one word: lower-cased on its own where the model asks for
 * that, then looked up. What Chinese taggers trained character by character expect, so that a label is a character's.
 */
export function characterEncoder(config: TokenizerConfig, ids: TokenIds): (text: string) => Encoding {
  const cls = ids.get(config.cls_token)!;
  const sep = ids.get(config.sep_token)!;
  const unknown = ids.get(config.unk_token)!;

  return (text) => {
    const encoding = new EncodingBuilder();
    encoding.add(cls, 0, 0, -1);
    let at = 0;
    let word = 0;
    for (const character of text) {
      const end = at + character.length;
      const id = ids.get(config.do_lower_case ? character.toLowerCase() : character);
      encoding.add(id ?? unknown, at, end, word++);
      at = end;
    }
    encoding.add(sep, at, at, -1);
    return encoding.build();
  };
}
