import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { type TestContext, test } from "node:test";
import { readTokenizer } from "../../src/convert/hugging-face/tokenizer.ts";
import { checkpointCopy, failure, TORCH } from "./directories.ts";

const VOCAB = (await readFile(`${TORCH}vocab.txt`, "utf8")).trimEnd().split("\n");
const IDS = Object.fromEntries(VOCAB.map((token, id) => [token, id]));

/** What the tokenizers library writes for a BERT tokenizer. */
const TOKENIZER = {
  version: "1.0",
  added_tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map((content, id) => ({
    id,
    content,
    special: true,
  })),
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: false,
    strip_accents: true,
    lowercase: false,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
  },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: IDS,
  },
};

const directory = (t: TestContext, files: Record<string, string | object> = {}, without: string[] = []) =>
  checkpointCopy(t, TORCH, files, without);

const read = async (t: TestContext, files: Record<string, string | object> = {}, without: string[] = []) =>
  readTokenizer(await directory(t, files, without), 8);

const refuses = async (
  t: TestContext,
  files: Record<string, string | object>,
  code: string,
  ...parts: string[]
) => assert.rejects(read(t, files), failure(code, ...parts));

const DEFAULTS = {
  type: "wordpiece",
  vocab: VOCAB,
  do_lower_case: true,
  strip_accents: null,
  tokenize_chinese_chars: true,
  unk_token: "[UNK]",
  cls_token: "[CLS]",
  sep_token: "[SEP]",
  pad_token: "[PAD]",
  mask_token: "[MASK]",
};

test("a vocabulary alone is BERT's tokenizer with its defaults", async (t) => {
  assert.deepEqual(await read(t), DEFAULTS);
});

test("a vocabulary's lines may end in any way, and tokens may be blanks", async (t) => {
  const specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
  const odd = [...specials, "\u2028", " ", "\u00a0"];
  for (const text of [odd.join("\n"), `${odd.join("\r\n")}\r\n`, `${odd.join("\r")}\r`]) {
    assert.deepEqual((await read(t, { "vocab.txt": text })).vocab, odd);
  }
  assert.equal((await read(t, { "vocab.txt": specials.join("\n") })).mask_token, null);
});

test("tokenizer_config.json sets options and special tokens, as strings or objects", async (t) => {
  const settings = {
    tokenizer_class: "BertTokenizerFast",
    do_lower_case: false,
    strip_accents: true,
    tokenize_chinese_chars: false,
    unk_token: { __type: "AddedToken", content: "a", lstrip: false },
    cls_token: "b",
    characters: true,
    model_max_length: 512,
    added_tokens_decoder: { 0: { content: "[PAD]", special: true }, 4: { content: "[MASK]", special: true } },
  };
  assert.deepEqual(await read(t, { "tokenizer_config.json": settings }), {
    ...DEFAULTS,
    type: "characters",
    do_lower_case: false,
    strip_accents: true,
    tokenize_chinese_chars: false,
    unk_token: "a",
    cls_token: "b",
  });
});

test("tokenizer.json comes before vocab.txt, tokenizer_config.json before its options", async (t) => {
  const expected = { ...DEFAULTS, do_lower_case: false, strip_accents: true, tokenize_chinese_chars: false };
  assert.deepEqual(await read(t, { "tokenizer.json": TOKENIZER, "vocab.txt": "not read" }), expected);
  assert.deepEqual(await read(t, { "tokenizer.json": TOKENIZER }, ["vocab.txt"]), expected);
  const settings = { "tokenizer.json": TOKENIZER, "tokenizer_config.json": { do_lower_case: true } };
  assert.deepEqual(await read(t, settings), { ...expected, do_lower_case: true });
  const bert = {
    ...TOKENIZER,
    post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
  };
  assert.deepEqual(await read(t, { "tokenizer.json": bert }), expected);
});

test("what can't be represented is refused by name", async (t) => {
  const json = (part: object, ...parts: string[]) =>
    refuses(t, { "tokenizer.json": { ...TOKENIZER, ...part } }, "unsupported", "tokenizer.json", ...parts);
  const { model, normalizer } = TOKENIZER;
  await json({ model: { type: "BPE", vocab: {} } }, "model", "BPE", "WordPiece");
  await json({ model: null }, "model", "WordPiece");
  await json({ model: { ...model, continuing_subword_prefix: "" } }, "continuing_subword_prefix");
  await json({ model: { ...model, max_input_chars_per_word: 50 } }, "max_input_chars_per_word", "50");
  await json({ normalizer: { type: "NFC" } }, "normalizer", "NFC");
  await json({ normalizer: null }, "normalizer");
  await json({ normalizer: { ...normalizer, clean_text: false } }, "clean_text");
  await json({ pre_tokenizer: { type: "Whitespace" } }, "pre_tokenizer", "Whitespace");
  await json({ post_processor: null }, "post_processor");
  await json({ post_processor: { type: "TemplateProcessing", single: [null, 5] } }, "post_processor");
  await json(
    { post_processor: { type: "TemplateProcessing", single: [{ Sequence: { id: "A" } }] } },
    "post_processor A",
  );
  await json({ added_tokens: [{ id: 5, content: "a" }] }, "added token", '"a"');

  const settings = (fields: object, ...parts: string[]) =>
    refuses(t, { "tokenizer_config.json": fields }, "unsupported", "tokenizer_config.json", ...parts);
  await settings({ tokenizer_class: "BertJapaneseTokenizer" }, "BertJapaneseTokenizer");
  await settings({ do_basic_tokenize: false }, "do_basic_tokenize");
  await settings({ added_tokens_decoder: { 8: { content: "<new>" } } }, "<new>");
  await refuses(t, { "added_tokens.json": { "<new>": 8 } }, "unsupported", "added_tokens.json", "<new>");
});

test("tokenizers that are broken", async (t) => {
  const vocab = (ids: unknown, ...parts: string[]) =>
    refuses(
      t,
      { "tokenizer.json": { ...TOKENIZER, model: { ...TOKENIZER.model, vocab: ids } } },
      "tokenizer-malformed",
      ...parts,
    );
  await vocab([], "object");
  await vocab({ ...IDS, c: 6 }, '"c"');
  await vocab({ ...IDS, c: 9 }, '"c"', "9");
  await vocab({ ...IDS, c: "7" }, '"c"');
  await vocab({ ...IDS, c: 2 ** 53 }, '"c"');
  await refuses(
    t,
    { "vocab.txt": `${VOCAB.join("\n")}\na\n` },
    "tokenizer-malformed",
    "vocab.txt",
    "9 tokens",
    "8",
  );
  await refuses(
    t,
    { "vocab.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\na\n" },
    "tokenizer-malformed",
    "vocab.txt",
    '"a"',
  );
  await refuses(t, { "vocab.txt": "a\nb\n" }, "tokenizer-malformed", "[UNK]");
  await refuses(t, { "tokenizer_config.json": { unk_token: 5 } }, "tokenizer-malformed", "unk_token");
  await refuses(t, { "tokenizer_config.json": { unk_token: "x" } }, "tokenizer-malformed", "unk_token", "x");
  await refuses(
    t,
    { "tokenizer_config.json": { mask_token: "x" } },
    "tokenizer-malformed",
    "mask_token",
    "x",
  );
  await refuses(t, { "tokenizer_config.json": { characters: "yes" } }, "tokenizer-malformed", "characters");
  await refuses(
    t,
    { "tokenizer_config.json": { do_lower_case: "yes" } },
    "tokenizer-malformed",
    "do_lower_case",
  );
  await assert.rejects(read(t, {}, ["vocab.txt"]), failure("file-missing", "vocab.txt", "tokenizer.json"));
});

test("files that are not what their names say", async (t) => {
  await refuses(t, { "tokenizer.json": "{" }, "unreadable", "tokenizer.json", "JSON");
  await refuses(t, { "tokenizer.json": "[]" }, "unreadable", "tokenizer.json", "object");
  await refuses(
    t,
    { "tokenizer_config.json": '{"characters":true,"characters":false}' },
    "unreadable",
    "characters",
  );
  const latin = await checkpointCopy(t, TORCH, { "vocab.txt": Uint8Array.of(0xe9, 0x0a) });
  await assert.rejects(readTokenizer(latin, 8), failure("unreadable", "vocab.txt", "UTF-8"));
});
