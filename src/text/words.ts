import type { TokenizerConfig } from "./tokenizer-config.ts";
import { decompose, isChinese, isControl, isMark, isPunctuation, isWhitespace } from "./unicode.ts";

/** A word in its normal form; `start` and `end` say for each UTF-16 unit of `form` which part of the text it is. */
export interface Word {
  readonly form: string;
  /** Code points in `form`. */
  readonly length: number;
  readonly start: readonly number[];
  readonly end: readonly number[];
}

/** What of a tokenizer decides where words end and what form they take. */
export type WordForm = Pick<TokenizerConfig, "do_lower_case" | "strip_accents" | "tokenize_chinese_chars">;

/**
 * Cuts a text into BERT's words (Devlin et al. 2018) as Hugging Face's Rust `tokenizers` has it: the text is cleaned of
 * control characters, ideographs are set apart, accents stripped and letters lower-cased; whitespace and punctuation cut.
 *
 * All of it runs one code point at a time, which keeps every offset exact. Only the canonical order of marks that
 * stripping keeps (spacing ones such as U+302E, when several of them are written out of order) can't be restored so.
 *
 * @returns the words between two UTF-16 offsets of a text
 */
export function wordSplitter(form: WordForm): (text: string, from: number, to: number) => Iterable<Word> {
  const normalForm = normalizer(form);

  return function* (text, from, to) {
    let word = emptyWord();
    for (let at = from, next = from; at < to; at = next) {
      const codePoint = text.codePointAt(at)!;
      next = at + (codePoint > 0xffff ? 2 : 1);
      if (isControl(codePoint)) continue;
      const space = isWhitespace(codePoint);
      const alone = form.tokenize_chinese_chars && isChinese(codePoint);
      if ((space || alone) && word.length > 0) {
        yield word;
        word = emptyWord();
      }
      if (space) continue;
      for (const character of normalForm(codePoint)) {
        const punctuation = isPunctuation(character.codePointAt(0)!);
        if (punctuation && word.length > 0) {
          yield word;
          word = emptyWord();
        }
        word.form += character;
        word.length++;
        for (let unit = 0; unit < character.length; unit++) {
          word.start.push(at);
          word.end.push(next);
        }
        if (punctuation) {
          yield word;
          word = emptyWord();
        }
      }
      if (alone && word.length > 0) {
        yield word;
        word = emptyWord();
      }
    }
    if (word.length > 0) yield word;
  };
}

const emptyWord = () => ({ form: "", length: 0, start: [] as number[], end: [] as number[] });

/** What becomes of one code point: nothing (a mark), itself, or several (a Hangul syllable's letters). */
function normalizer(config: WordForm): (codePoint: number) => string {
  const stripAccents = config.strip_accents ?? config.do_lower_case;
  return (codePoint) => {
    let form = "";
    if (stripAccents) {
      for (const part of decompose(codePoint)) if (!isMark(part.codePointAt(0)!)) form += part;
    } else {
      form = String.fromCodePoint(codePoint);
    }
    return config.do_lower_case ? form.toLowerCase() : form;
  };
}
