import { type Encoding, EncodingBuilder } from "./encoding.ts";
import type { TokenizerConfig } from "./tokenizer-config.ts";
import { decompose, isChinese, isControl, isMark, isPunctuation, isWhitespace } from "./unicode.ts";

const CONTINUATION = "##";
/** A longer word, in code points, is unknown as a whole. */
const MAX_WORD_LENGTH = 100;

/** A word in its normal form; `start` and `end` say for each UTF-16 unit of `form` which part of the text it is. */
interface Word {
  form: string;
  /** Code points in `form`. */
  length: number;
  start: number[];
  end: number[];
}

/**
 * BERT's tokenizer (Devlin et al. 2018; Wu et al. 2016 for the pieces) as Hugging Face's Rust `tokenizers` has it:
 * the text is cleaned of control characters, ideographs are set apart, accents stripped and letters lower-cased;
 * whitespace and punctuation cut it into words, and the longest known pieces cut the words. Special tokens written
 * in the text are taken for themselves.
 *
 * All of it runs one code point at a time, which keeps every offset exact. Only the canonical order of marks that
 * stripping keeps (spacing ones such as U+302E, when several of them are written out of order) can't be restored so.
 */
export function wordPieceEncoder(
  config: TokenizerConfig,
  ids: ReadonlyMap<string, number>,
): (text: string) => Encoding {
  const cls = ids.get(config.cls_token)!;
  const sep = ids.get(config.sep_token)!;
  const unknown = ids.get(config.unk_token)!;
  const special = specialTokens(config);
  const normalForm = normalizer(config);
  const continuations = new Map<string, number>();
  let longest = 0;
  for (const [token, id] of ids) {
    longest = Math.max(longest, token.length);
    if (token.startsWith(CONTINUATION)) continuations.set(token.slice(CONTINUATION.length), id);
  }

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

  return (text) => {
    const encoding = new EncodingBuilder();
    encoding.add(cls, 0, 0, -1);
    let number = 0;
    let word: Word = { form: "", length: 0, start: [], end: [] };
    const finishWord = (): void => {
      if (word.length === 0) return;
      const { form, start, end } = word;
      const whole = { id: unknown, from: 0, to: form.length };
      const pieces = (word.length <= MAX_WORD_LENGTH ? cut(form) : undefined) ?? [whole];
      for (const { id, from, to } of pieces) encoding.add(id, start[from], end[to - 1], number);
      number++;
      word = { form: "", length: 0, start: [], end: [] };
    };

    const encodePlain = (from: number, to: number): void => {
      for (let at = from, next = from; at < to; at = next) {
        const codePoint = text.codePointAt(at)!;
        next = at + (codePoint > 0xffff ? 2 : 1);
        if (isControl(codePoint)) continue;
        if (isWhitespace(codePoint)) {
          finishWord();
          continue;
        }
        const alone = config.tokenize_chinese_chars && isChinese(codePoint);
        if (alone) finishWord();
        for (const character of normalForm(codePoint)) {
          const punctuation = isPunctuation(character.codePointAt(0)!);
          if (punctuation) finishWord();
          word.form += character;
          word.length++;
          for (let unit = 0; unit < character.length; unit++) {
            word.start.push(at);
            word.end.push(next);
          }
          if (punctuation) finishWord();
        }
        if (alone) finishWord();
      }
      finishWord();
    };

    let at = 0;
    for (const match of text.matchAll(special)) {
      encodePlain(at, match.index);
      at = match.index + match[0].length;
      encoding.add(ids.get(match[0])!, match.index, at, number++);
    }
    encodePlain(at, text.length);
    encoding.add(sep, text.length, text.length, -1);
    return encoding.build();
  };
}

/** Finds the special tokens in a text: the leftmost first, and of those the longest. */
function specialTokens(config: TokenizerConfig): RegExp {
  const tokens = [config.unk_token, config.cls_token, config.sep_token, config.pad_token];
  if (config.mask_token !== null) tokens.push(config.mask_token);
  const alternatives = tokens
    .sort((a, b) => b.length - a.length)
    .map((token) => token.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(alternatives.join("|"), "gu");
}

/** What becomes of one code point: nothing (a mark), itself, or several (a Hangul syllable's letters). */
function normalizer(config: TokenizerConfig): (codePoint: number) => string {
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
