import { parseTokenizerFiles } from "../../../src/convert/hugging-face/tokenizer.ts";
import { parseJsonObject } from "../../../src/convert/text-file.ts";
import { createTokenizer } from "../../../src/text/tokenizer.ts";
import type { Target } from "../target.ts";

const SEPARATOR = "\0";
const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

const files = (settings: unknown, tokenizer: unknown, vocab: string, added: unknown) =>
  Buffer.from(
    [settings, tokenizer, vocab, added]
      .map((part) => (typeof part === "string" ? part : JSON.stringify(part)))
      .join(SEPARATOR),
  );

/** The four files of a directory, one after the other, those that are missing empty. */
export const target: Target = {
  parse(bytes) {
    const parts = new TextDecoder().decode(bytes).split(SEPARATOR);
    const json = (at: number) => (parts[at] ? parseJsonObject(parts[at], `f${at}`) : undefined);
    const [settings, tokenizer, text, added] = [json(0), json(1), parts[2] ?? "", json(3)];
    const config = parseTokenizerFiles("d", { settings, tokenizer, text, added }, 100);
    createTokenizer(config).encode("un aB, é张\u0301");
  },
  seeds: () => [
    files("", "", [...SPECIAL, "un", "##a", "张"].join("\n"), ""),
    files({ characters: true, do_lower_case: false, mask_token: null }, "", [...SPECIAL, "a"].join("\n"), ""),
    files(
      { tokenizer_class: "BertTokenizer", strip_accents: true, cls_token: { content: "[CLS]" } },
      {
        model: {
          type: "WordPiece",
          vocab: Object.fromEntries([...SPECIAL, "a"].map((token, id) => [token, id])),
        },
        normalizer: { type: "BertNormalizer", lowercase: true },
        pre_tokenizer: { type: "BertPreTokenizer" },
        post_processor: {
          type: "TemplateProcessing",
          single: [
            { SpecialToken: { id: "[CLS]" } },
            { Sequence: { id: "A" } },
            { SpecialToken: { id: "[SEP]" } },
          ],
        },
        added_tokens: [{ id: 0, content: "[PAD]" }],
      },
      "",
      { "[PAD]": 0 },
    ),
  ],
  maxLength: 1000,
  sources: [
    "src/convert/hugging-face/tokenizer.ts",
    "src/convert/text-file.ts",
    "src/text/tokenizer-config.ts",
    "src/text/tokenizer.ts",
    "src/text/wordpiece.ts",
    "src/text/characters.ts",
  ],
  dictionary: [
    '"BertProcessing"',
    '"added_tokens_decoder":',
    '"clean_text":false',
    '{"toString":1}',
    "[[1]]",
  ],
};
