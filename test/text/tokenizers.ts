import { existsSync, readFileSync } from "node:fs";
import {
  createTokenizer,
  type Encoding,
  parseTokenizerConfig,
  type Tokenizer,
  type TokenizerConfig,
} from "../../src/text/tokenizer.ts";
import { random } from "../random.ts";

export const DATA = new URL("../../../shared/data/", import.meta.url);
export const noData = existsSync(DATA) ? false : "the data sets are absent (../shared/data)";

export type Options = Pick<TokenizerConfig, "do_lower_case" | "strip_accents" | "tokenize_chinese_chars">;

export const OPTIONS: readonly Options[] = [
  { do_lower_case: true, strip_accents: null, tokenize_chinese_chars: true },
  { do_lower_case: true, strip_accents: false, tokenize_chinese_chars: true },
  { do_lower_case: false, strip_accents: null, tokenize_chinese_chars: true },
  { do_lower_case: false, strip_accents: true, tokenize_chinese_chars: false },
];

export const SPECIAL = {
  unk_token: "[UNK]",
  cls_token: "[CLS]",
  sep_token: "[SEP]",
  pad_token: "[PAD]",
  mask_token: "[MASK]",
};

export function tokenizer(
  type: TokenizerConfig["type"],
  vocab: readonly string[],
  options: Options = OPTIONS[0],
): Tokenizer {
  return createTokenizer(parseTokenizerConfig({ type, vocab, ...options, ...SPECIAL }, "test"));
}

export function readVocab(file: URL): string[] {
  return readFileSync(file, "utf8").replace(/\n$/, "").split("\n");
}

export function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8")) as T;
}

/** What the Rust tokenizers answered; `expected[config][text]` are the tokens between [CLS] and [SEP]. */
export interface WordPieceGolden {
  readonly vocab: string[];
  readonly configs: Options[];
  readonly texts: string[];
  readonly expected: [id: number, start: number, end: number, word: number][][][];
}

/** The tokens between [CLS] and [SEP] as [id, start, end, word]. */
export function tokensOf({ ids, start, end, word }: Encoding): number[][] {
  return Array.from(ids, (id, i) => [id, start[i], end[i], word[i]]).slice(1, -1);
}

/** Whole numbers in [0, below), the same for the same seed. */
export function seededRandom(seed: number): (below: number) => number {
  const next = random(seed);
  return (below) => Math.floor(next() * below);
}

/** Where tokenizers break: controls, formats, marks, Hangul, full-width forms, joiners, pairs, private use. */
const HOSTILE: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0xff],
  [0x20, 0x7e],
  [0x61, 0x66],
  [0x20, 0x20],
  [0x100, 0x24f],
  [0x300, 0x36f],
  [0x370, 0x3ff],
  [0x590, 0x6ff],
  [0x900, 0x97f],
  [0x1100, 0x11ff],
  [0x1e00, 0x1fff],
  [0x2000, 0x206f],
  [0x3000, 0x30ff],
  [0x4e00, 0x4e40],
  [0xac00, 0xac40],
  [0xe000, 0xe010],
  [0xf900, 0xf910],
  [0xfe00, 0xfe2f],
  [0xff00, 0xff9f],
  [0xfff9, 0xffff],
  [0x1d15e, 0x1d172],
  [0x1f3fb, 0x1f3ff],
  [0x1f466, 0x1f469],
  [0x200b, 0x200f],
  [0x20000, 0x20008],
  [0x2b81f, 0x2b921],
  [0x2f800, 0x2f810],
  [0xe0000, 0xe007f],
  [0x10fff0, 0x10ffff],
];

export function hostileText(random: (below: number) => number): string {
  return Array.from({ length: 1 + random(14) }, () => {
    const [first, last] = HOSTILE[random(HOSTILE.length)];
    return String.fromCodePoint(first + random(last - first + 1));
  }).join("");
}
