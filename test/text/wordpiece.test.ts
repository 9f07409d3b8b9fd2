import assert from "node:assert/strict";
import { test } from "node:test";
import { createTokenizer } from "../../src/text/tokenizer.ts";
import { decompose, isControl, isMark, isWhitespace } from "../../src/text/unicode.ts";
import {
  fixture,
  hostileText,
  OPTIONS,
  type Options,
  seededRandom,
  tokenizer,
  tokensOf,
  type WordPieceGolden,
} from "./tokenizers.ts";

const golden = fixture<WordPieceGolden>("text-wordpiece.json");
const lower = tokenizer("wordpiece", golden.vocab);

/** "hel ##lo" and so on, with each token's part of the text. */
const pieces = (text: string): [token: string, from: string][] =>
  tokensOf(lower.encode(text)).map(([id, start, end]) => [lower.token(id), text.slice(start, end)]);

const plain = (text: string): string => [...text].filter((c) => !isControl(c.codePointAt(0)!)).join("");

/**
 * Whether NFD moves marks past one that stripping keeps (a spacing mark such as U+1D165). The Rust tokenizers number
 * the marks by their new places, so that an offset which begins or ends at the one kept points at its neighbour.
 */
const reorders = (text: string): boolean => {
  const form = plain(text).normalize("NFD");
  return /\p{Mc}/u.test(form) && form !== Array.from(plain(text), (c) => c.normalize("NFD")).join("");
};

for (const [k, options] of golden.configs.entries()) {
  test(`tokens, offsets and words are the Rust tokenizers' with ${JSON.stringify(options)}`, () => {
    const { encode } = tokenizer("wordpiece", golden.vocab, options);
    const strips = options.strip_accents ?? options.do_lower_case;
    for (const [i, text] of golden.texts.entries()) {
      const ours = tokensOf(encode(text));
      const theirs = golden.expected[k][i];
      if (strips && reorders(text)) {
        const noOffsets = ([id, , , word]: readonly number[]) => [id, word];
        assert.deepEqual(ours.map(noOffsets), theirs.map(noOffsets), JSON.stringify(text));
      } else {
        assert.deepEqual(ours, theirs, JSON.stringify(text));
      }
    }
  });
}

test("few of the golden texts reorder kept marks, so nearly all hold the offsets", () => {
  assert.ok(golden.texts.length >= 200);
  assert.ok(golden.texts.filter(reorders).length <= 6);
});

test("offsets lead back through everything that cleaning and stripping remove", () => {
  assert.deepEqual(pieces("un\u200baff\u00adable!"), [
    ["un", "un"],
    ["##a", "a"],
    ["##ffable", "ff\u00adable"],
    ["!", "!"],
  ]);
  assert.deepEqual(pieces("x 👍🏽 CAFÉ"), [
    ["x", "x"],
    ["[UNK]", "👍🏽"],
    ["cafe", "CAFÉ"],
  ]);
  // The mark after the last letter is removed, so it is outside the token, as in Rust.
  assert.deepEqual(pieces("cafe\u0301"), [["cafe", "cafe"]]);
  assert.deepEqual(pieces("\ufffd中\u0000文"), [
    ["中", "中"],
    ["[UNK]", "文"],
  ]);
});

test("the letters of a Hangul syllable share its offsets", () => {
  assert.deepEqual(
    tokensOf(lower.encode("한")).map(([, start, end, word]) => [start, end, word]),
    [
      [0, 1, 0],
      [0, 1, 0],
      [0, 1, 0],
    ],
  );
});

test("special tokens in the text are found as written, and count as words", () => {
  assert.deepEqual(
    tokensOf(lower.encode("ab[MASK]c[sep]")).map(([id, , , word]) => [lower.token(id), word]),
    [
      ["ab", 0],
      ["[MASK]", 1],
      ["c", 2],
      ["[", 3],
      ["s", 4],
      ["##e", 4],
      ["##p", 4],
      ["]", 5],
    ],
  );
});

test("special tokens of any spelling are found, the longest first", () => {
  const vocab = ["<pad>", "<unk>", "<s>", "</s>", "$(a|b)*", "$(a|b)*+", "a"];
  const config = {
    ...lower.config,
    vocab,
    pad_token: "<pad>",
    unk_token: "<unk>",
    cls_token: "<s>",
    sep_token: "</s>",
    mask_token: "$(a|b)*",
  };
  const one = createTokenizer(config);
  assert.deepEqual(
    tokensOf(one.encode("a$(a|b)*+")).map(([id]) => vocab[id]),
    ["a", "$(a|b)*", "<unk>"],
  );
  const two = createTokenizer({ ...config, cls_token: "$(a|b)*+" });
  assert.deepEqual(
    tokensOf(two.encode("a$(a|b)*+")).map(([id]) => vocab[id]),
    ["a", "$(a|b)*+"],
  );
});

test("a word of 100 code points is cut, one of 101 is unknown as a whole", () => {
  const pair = "👍";
  assert.equal(tokensOf(lower.encode(pair.repeat(100))).length, 100);
  assert.deepEqual(tokensOf(lower.encode(pair.repeat(101))), [[1, 0, 202, 0]]);
});

test("text without a token gives [CLS] and [SEP] alone", () => {
  for (const text of ["", " \t\r\n\u3000", "\u0000\u200b\ufffd", "\u0301"]) {
    const { ids, start, end, word } = lower.encode(text);
    assert.deepEqual([...ids], [2, 3]);
    assert.deepEqual([...start], [0, text.length]);
    assert.deepEqual([...end], [0, text.length]);
    assert.deepEqual([...word], [-1, -1]);
  }
});

test("hostile strings: offsets ascend, split no pair, cover all that counts and hold their token's letters", () => {
  const random = seededRandom(11);
  for (const options of OPTIONS) {
    const { encode, token } = tokenizer("wordpiece", golden.vocab, options);
    for (let i = 0; i < 3000; i++) {
      const text = hostileText(random);
      const encoding = encode(text);
      checkOffsets(text, encoding.start, encoding.end);
      checkCover(text, encoding.start, encoding.end, options);
      for (const [id, start, end] of tokensOf(encoding)) {
        if (id === 1) continue;
        const letters = token(id).replace(/^##(?=.)/u, "");
        assert.ok(normal(text.slice(start, end), options).includes(letters), JSON.stringify(text));
      }
    }
  }
});

function normal(text: string, { do_lower_case, strip_accents }: Options): string {
  let form = Array.from(plain(text));
  if (strip_accents ?? do_lower_case) {
    form = form.flatMap((c) => [...decompose(c.codePointAt(0)!)]).filter((c) => !isMark(c.codePointAt(0)!));
  }
  return form.map((c) => (do_lower_case ? c.toLowerCase() : c)).join("");
}

function checkOffsets(text: string, start: Int32Array, end: Int32Array): void {
  const splitsPair = (at: number): boolean =>
    /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at));
  for (let i = 0; i < start.length; i++) {
    assert.ok(0 <= start[i] && start[i] <= end[i] && end[i] <= text.length, JSON.stringify(text));
    assert.ok(!splitsPair(start[i]) && !splitsPair(end[i]), JSON.stringify(text));
    if (i > 0) assert.ok(start[i - 1] <= start[i] && end[i - 1] <= end[i], JSON.stringify(text));
  }
}

function checkCover(text: string, start: Int32Array, end: Int32Array, options: Options): void {
  let at = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0)!;
    const removed = isControl(codePoint) || isWhitespace(codePoint) || normal(character, options) === "";
    const held = start.some((first, i) => first <= at && at + character.length <= end[i]);
    assert.ok(removed || held, `${JSON.stringify(text)} at ${at}`);
    at += character.length;
  }
}
