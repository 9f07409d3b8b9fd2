/** Token for token against `@huggingface/tokenizers`, Hugging Face's JavaScript package. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { decompose, isChinese, isControl, isMark, isPunctuation } from "../../src/text/unicode.ts";
import {
  DATA,
  fixture,
  hostileText,
  noData,
  OPTIONS,
  type Options,
  readVocab,
  SPECIAL,
  seededRandom,
  tokenizer,
  tokensOf,
  type WordPieceGolden,
} from "./tokenizers.ts";

// By `require`, since the package's type declarations don't compile as ECMAScript modules.
const { Tokenizer: Peer } = createRequire(import.meta.url)("@huggingface/tokenizers") as {
  Tokenizer: new (
    tokenizer: object,
    config: object,
  ) => { encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] } };
};

function peer(vocab: readonly string[], options: Options): (text: string) => number[] {
  const added = Object.values(SPECIAL).map((content) => ({
    id: vocab.indexOf(content),
    content,
    special: true,
    normalized: false,
    single_word: false,
    lstrip: false,
    rstrip: false,
  }));
  const tokenizer = new Peer(
    {
      added_tokens: added,
      normalizer: {
        type: "BertNormalizer",
        clean_text: true,
        handle_chinese_chars: options.tokenize_chinese_chars,
        strip_accents: options.strip_accents,
        lowercase: options.do_lower_case,
      },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: null,
      decoder: null,
      model: {
        type: "WordPiece",
        unk_token: "[UNK]",
        continuing_subword_prefix: "##",
        max_input_chars_per_word: 100,
        vocab: Object.fromEntries(vocab.map((token, id) => [token, id])),
      },
    },
    {},
  );
  return (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
}

/**
 * Where the package differs from the Rust tokenizers, which models are trained with and which we follow (so does
 * text-wordpiece.json). Texts are compared without these characters.
 */
const DIFFERENCES: readonly { why: string; concerns: (character: string, codePoint: number) => boolean }[] = [
  {
    why: "it looks at UTF-16 units, so ideographs beyond U+FFFF don't become words of their own",
    concerns: (_, codePoint) => codePoint > 0xffff && isChinese(codePoint),
  },
  {
    why: "it lower-cases the whole text at once, so Σ at a word's end becomes ς instead of σ",
    concerns: (character) => character === "Σ",
  },
  {
    why: "it has the engine's Unicode, Rust's tables have Unicode 8: controls and formats",
    concerns: (character, codePoint) =>
      isControl(codePoint) !==
      (/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffd]/u.test(character) && !/[\t\n\r]/.test(character)),
  },
  {
    why: "the same: non-spacing marks",
    concerns: (character, codePoint) => isMark(codePoint) !== /\p{Mn}/u.test(character),
  },
  {
    why: "the same: punctuation",
    concerns: (character, codePoint) => isPunctuation(codePoint) !== /[!-/:-@[-`{-~\p{P}]/u.test(character),
  },
  {
    why: "the same: decompositions",
    concerns: (character, codePoint) => decompose(codePoint) !== character.normalize("NFD"),
  },
];

const comparable = (text: string): string =>
  Array.from(text)
    .filter((c) => !DIFFERENCES.some(({ concerns }) => concerns(c, c.codePointAt(0)!)))
    .join("");

function compare(vocab: readonly string[], texts: readonly string[], configs = OPTIONS): void {
  const kept = texts.map(comparable);
  for (const options of configs) {
    const { encode } = tokenizer("wordpiece", vocab, options);
    const theirs = peer(vocab, options);
    for (const text of kept) {
      const ours = tokensOf(encode(text)).map(([id]) => id);
      assert.deepEqual(ours, theirs(text), `${JSON.stringify(options)} ${JSON.stringify(text)}`);
    }
  }
}

const small = fixture<WordPieceGolden>("text-wordpiece.json");

test("each listed difference is still one", () => {
  const texts = ["a\u{20000}b", "ΑΣ", "a\u08e2b", "e\u1abfe", "a\u2e43b", "\u{11938}"];
  const { encode } = tokenizer("wordpiece", [...small.vocab, "\u{11935}", "##\u{11930}"]);
  const theirs = peer([...small.vocab, "\u{11935}", "##\u{11930}"], OPTIONS[0]);
  assert.equal(texts.length, DIFFERENCES.length);
  for (const [i, text] of texts.entries()) {
    assert.ok(comparable(text) !== text, DIFFERENCES[i].why);
    assert.notDeepEqual(
      tokensOf(encode(text)).map(([id]) => id),
      theirs(text),
      DIFFERENCES[i].why,
    );
  }
});

test("hostile and ordinary strings give the same tokens, with a small vocabulary", () => {
  const random = seededRandom(5);
  const hostile = Array.from({ length: 3000 }, () => hostileText(random));
  compare(small.vocab, [...small.texts, ...hostile]);
});

for (const name of ["bert-base-chinese", "bert-base-uncased"]) {
  test(`Chinese, English and hostile text give the same tokens with ${name}'s vocabulary`, {
    skip: noData,
  }, () => {
    const read = (file: string): string => readFileSync(new URL(file, DATA), "utf8");
    const firstColumn = (sentence: string, joint: string): string =>
      sentence
        .split("\n")
        .map((line) => line.split("\t")[0])
        .join(joint);
    const random = seededRandom(8);
    const texts = [
      ...read("zhwiki/dev.txt")
        .split("\n")
        .slice(0, 300)
        .map((line) => line.slice(0, 300)),
      ...read("msra/dev.conll")
        .split("\n\n")
        .map((sentence) => firstColumn(sentence, "")),
      ...read("wnut17/dev.conll")
        .split("\n\n")
        .map((sentence) => firstColumn(sentence, " ")),
      ...Array.from({ length: 2000 }, () => hostileText(random)),
    ].filter((text) => !/\p{Surrogate}/u.test(text));
    assert.ok(texts.length > 5000);
    compare(readVocab(new URL(`vocab/${name}.txt`, DATA)), texts, OPTIONS.slice(0, 3));
  });
}
