import assert from "node:assert/strict";
import { test } from "node:test";
import { assertText, parseTokenizerConfig } from "../../src/text/tokenizer.ts";
import { OPTIONS, SPECIAL, tokenizer } from "./tokenizers.ts";

const VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"];
const GOOD = { type: "wordpiece", vocab: VOCAB, ...OPTIONS[0], ...SPECIAL };

test("a good description comes back whole", () => {
  assert.deepEqual(parseTokenizerConfig(JSON.parse(JSON.stringify(GOOD)), "x"), GOOD);
});

test("the mask token and accent stripping may be left out", () => {
  const { mask_token, strip_accents, ...rest } = GOOD;
  const vocab = VOCAB.filter((token) => token !== mask_token);
  const config = parseTokenizerConfig({ ...rest, vocab }, "x");
  assert.equal(config.mask_token, null);
  assert.equal(config.strip_accents, strip_accents);
});

const BAD: [what: string, change: Record<string, unknown>, message: RegExp][] = [
  ["an unknown type", { type: "bpe" }, /"type" must be one of characters, wordpiece, not "bpe"/],
  ["no type", { type: undefined }, /"type" must be one of .*, not missing/],
  [
    "a vocabulary that is an object",
    { vocab: { a: 0 } },
    /"vocab" must be an array of strings, not \{"a":0\}/,
  ],
  ["a token that is no string", { vocab: [...VOCAB, 7] }, /"vocab" must hold strings, but entry 6 is 7/],
  ["a token twice", { vocab: [...VOCAB, "a"] }, /"vocab" has the token "a" twice, as 5 and 6/],
  ["a flag that is a string", { do_lower_case: "true" }, /"do_lower_case" must be true or false, not "true"/],
  [
    "a flag missing",
    { tokenize_chinese_chars: undefined },
    /"tokenize_chinese_chars" must be .* not missing/,
  ],
  ["accent stripping that is a number", { strip_accents: 1 }, /"strip_accents" must be true or false, not 1/],
  ["a special token that is no string", { cls_token: 101 }, /"cls_token" must be a string .*, not 101/],
  ["an empty special token", { vocab: [...VOCAB, ""], sep_token: "" }, /"sep_token" must be .*, not ""/],
  [
    "a special token that isn't in the vocabulary",
    { pad_token: "<p>" },
    /"pad_token" is "<p>", which "vocab" lacks/,
  ],
  [
    "a mask token that isn't in the vocabulary",
    { mask_token: "<m>" },
    /"mask_token" is "<m>", which "vocab" lacks/,
  ],
  ["no unknown token", { unk_token: null }, /"unk_token" must be a string .*, not null/],
  ["a very long wrong value", { type: "x".repeat(1e6) }, /not "x{59}…$/],
];
for (const [what, change, message] of BAD) {
  test(`refused: ${what}`, () => {
    assert.throws(() => parseTokenizerConfig({ ...GOOD, ...change }, "m.safetensors"), {
      name: "ModelFileError",
      code: "tokenizer-malformed",
      source: "m.safetensors",
      message,
    });
  });
}

for (const json of [undefined, null, [], "wordpiece", 5]) {
  test(`refused: ${JSON.stringify(json)} instead of an object`, () => {
    assert.throws(() => parseTokenizerConfig(json, "x"), {
      code: "tokenizer-malformed",
      message: /expected a JSON object/,
    });
  });
}

test("ids lead back to tokens, and ids that don't exist are refused", () => {
  const { token } = tokenizer("characters", VOCAB);
  assert.deepEqual(
    VOCAB.map((_, id) => token(id)),
    VOCAB,
  );
  for (const id of [-1, 6, 0.5, Number.NaN]) {
    assert.throws(() => token(id), { name: "InputError", code: "bad-option", message: /below 6, not / });
  }
});

test("text must be a string of whole code points", () => {
  for (const text of ["", "a", "👍", "\ufffd", "\ud83d\udc4d\ud83d\udc4d"]) assertText(text);
  for (const [value, came] of [
    [undefined, "undefined"],
    [null, "null"],
    [["a"], "an array"],
    [5, "number"],
    [Object("a"), "object"],
  ] as const) {
    assert.throws(() => assertText(value), { code: "not-a-string", message: new RegExp(came) });
  }
  for (const [text, unit, at] of [
    ["ab\ud800", "D800", 2],
    ["\udc00", "DC00", 0],
    ["👍\udfff", "DFFF", 2],
    ["\ud83d\ud83d\udc4d", "D83D", 0],
  ] as const) {
    assert.throws(() => assertText(text), {
      name: "InputError",
      code: "lone-surrogate",
      message: new RegExp(`U\\+${unit}, at UTF-16 index ${at}$`),
    });
  }
});

test("a lone surrogate that comes past that check does no harm", () => {
  for (const type of ["characters", "wordpiece"] as const) {
    const { encode } = tokenizer(type, VOCAB);
    assert.deepEqual(
      [...encode("\udc00a\ud800").ids].filter((id) => id !== 1),
      [2, 5, 3],
    );
  }
});
