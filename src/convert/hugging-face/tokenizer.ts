import { join } from "node:path";
import { ConvertError } from "../../errors.ts";
import { brief } from "../../model/file/json.ts";
import { parseTokenizerConfig, type TokenizerConfig } from "../../text/tokenizer-config.ts";
import { type JsonFile, readJsonObject, readText } from "../text-file.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The special tokens with the names that BERT's vocabularies give them. */
export const SPECIAL_TOKENS = {
  unk_token: "[UNK]",
  cls_token: "[CLS]",
  sep_token: "[SEP]",
  pad_token: "[PAD]",
  mask_token: "[MASK]",
} as const;

/** Tokenizers that cut as BERT's does, or that `characters` replaces. */
const TOKENIZER_CLASSES = [
  "ElectraTokenizer",
  "ElectraTokenizerFast",
  "BertTokenizer",
  "BertTokenizerFast",
  "PreTrainedTokenizerFast",
  "TokenizersBackend",
];

/** Bert's tokenizer cuts no word longer than this into pieces. */
export const LONGEST_WORD = 100;

/**
 * Reads a directory's tokenizer: `tokenizer.json` where there is one, else `vocab.txt`; where `tokenizer_config.json`
 * sets an option, its value holds, as in transformers. Its field `characters: true` is ours: every character is a
 * token.
 *
 * @param vocabularySize rows of the word embeddings; the vocabulary may have fewer tokens
 * @throws {ConvertError} `file-missing`, `tokenizer-malformed`, or `unsupported` naming what can't be represented
 * @throws {ModelFileError} `tokenizer-malformed`
 */
export async function readTokenizer(directory: string, vocabularySize: number): Promise<TokenizerConfig> {
  const tokenizer = await readJsonObject(directory, "tokenizer.json");
  const files: TokenizerFiles = {
    settings: await readJsonObject(directory, "tokenizer_config.json"),
    tokenizer,
    text: tokenizer === undefined ? await readText(directory, "vocab.txt") : undefined,
    added: await readJsonObject(directory, "added_tokens.json"),
  };
  return parseTokenizerFiles(directory, files, vocabularySize);
}

/** Of a directory's files those that tell of its tokenizer, each undefined where it is missing. */
export interface TokenizerFiles {
  readonly settings: JsonFile | undefined;
  readonly tokenizer: JsonFile | undefined;
  /** `vocab.txt`, read where there is no `tokenizer.json`. */
  readonly text: string | undefined;
  readonly added: JsonFile | undefined;
}

/** As {@link readTokenizer}, of files that have been read. */
export function parseTokenizerFiles(
  directory: string,
  {
    settings = { file: join(directory, "tokenizer_config.json"), fields: {} },
    tokenizer,
    text,
    added,
  }: TokenizerFiles,
  vocabularySize: number,
): TokenizerConfig {
  const { characters } = settings.fields;
  let source: { readonly file: string; readonly vocab: readonly string[]; readonly options: Fields };
  if (tokenizer !== undefined) {
    source = parseTokenizerJson(tokenizer, characters === true);
  } else if (text !== undefined) {
    source = { file: join(directory, "vocab.txt"), vocab: parseVocabulary(text), options: {} };
  } else {
    throw new ConvertError("file-missing", directory, "expected tokenizer.json or vocab.txt");
  }

  checkSettings(settings);
  const option = (name: string, fallback: unknown): unknown =>
    settings.fields[name] ?? source.options[name] ?? fallback;
  const specials: Record<string, unknown> = {};
  for (const [role, name] of Object.entries(SPECIAL_TOKENS))
    specials[role] = specialToken(settings, role) ?? name;
  const { mask_token: mask } = settings.fields;
  if (mask === null || (mask === undefined && !source.vocab.includes(SPECIAL_TOKENS.mask_token))) {
    specials["mask_token"] = null;
  }
  const { file, vocab } = source;
  if (vocab.length > vocabularySize) {
    const detail = `${vocab.length} tokens, but the model's "vocab_size" is ${vocabularySize}`;
    throw new ConvertError("tokenizer-malformed", file, detail);
  }
  const config = parseTokenizerConfig(
    {
      type: characters === true ? "characters" : "wordpiece",
      vocab,
      do_lower_case: option("do_lower_case", true),
      strip_accents: option("strip_accents", null),
      tokenize_chinese_chars: option("tokenize_chinese_chars", true),
      ...specials,
    },
    file,
  );
  checkAddedTokens(settings.file, settings.fields["added_tokens_decoder"], config);
  if (tokenizer !== undefined) checkAddedTokens(tokenizer.file, tokenizer.fields["added_tokens"], config);
  if (added !== undefined) checkAddedTokens(added.file, added.fields, config);
  return config;
}

/** One token a line; a token may be any character but a line's end, blanks among them. */
function parseVocabulary(text: string): readonly string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function parseTokenizerJson({ file, fields }: JsonFile, characters: boolean) {
  const unsupported = (what: string, value: unknown, supported: string): never => {
    throw new ConvertError("unsupported", file, `${what} ${brief(value)}; supported is ${supported}`);
  };
  const part = (name: string, type: string): Fields => {
    const value = fields[name] as Fields | null | undefined;
    return value?.["type"] === type ? value : unsupported(`${name} of type`, value?.["type"], type);
  };

  const model = part("model", "WordPiece");
  const vocab = orderVocabulary(file, model["vocab"]);
  if (characters) return { file, vocab, options: {} };

  const prefix = model["continuing_subword_prefix"] ?? "##";
  if (prefix !== "##") unsupported("continuing_subword_prefix", prefix, '"##"');
  const longest = model["max_input_chars_per_word"] ?? LONGEST_WORD;
  if (longest !== LONGEST_WORD) unsupported("max_input_chars_per_word", longest, String(LONGEST_WORD));
  part("pre_tokenizer", "BertPreTokenizer");
  checkPostProcessor(file, fields["post_processor"] as Fields | null | undefined);
  const normalizer = part("normalizer", "BertNormalizer");
  if (normalizer["clean_text"] === false) unsupported("clean_text", false, "true");
  const options = {
    do_lower_case: normalizer["lowercase"],
    strip_accents: normalizer["strip_accents"],
    tokenize_chinese_chars: normalizer["handle_chinese_chars"],
  };
  return { file, vocab, options };
}

/** Tokens by id, of an object of tokens to ids. */
function orderVocabulary(file: string, json: unknown): readonly string[] {
  const fail = (detail: string): never => {
    throw new ConvertError("tokenizer-malformed", file, `model.vocab ${detail}`);
  };
  if (typeof json !== "object" || json === null || Array.isArray(json))
    return fail("must be an object of ids");
  const entries = Object.entries(json);
  const vocab = new Array<string | undefined>(entries.length).fill(undefined);
  for (const [token, id] of entries) {
    if (!Number.isInteger(id) || id < 0 || id >= entries.length || vocab[id] !== undefined) {
      return fail(
        `must give its ${entries.length} tokens the ids from 0 on, each once, but ${brief(token)} has ${brief(id)}`,
      );
    }
    vocab[id] = token;
  }
  return vocab as string[];
}

/** A text must be framed as [CLS] … [SEP]: our tokenizer always does. */
function checkPostProcessor(file: string, processor: Fields | null | undefined): void {
  if (processor?.["type"] === "BertProcessing") return;
  const single = processor?.["type"] === "TemplateProcessing" ? processor["single"] : undefined;
  const frame = Array.isArray(single)
    ? single.map((piece) => shownPiece(piece?.SpecialToken?.id ?? piece?.Sequence?.id)).join(" ")
    : brief(processor?.["type"]);
  if (frame === `${SPECIAL_TOKENS.cls_token} A ${SPECIAL_TOKENS.sep_token}`) return;
  throw new ConvertError("unsupported", file, `post_processor ${frame}; supported is [CLS] A [SEP]`);
}

const shownPiece = (id: unknown): string => (typeof id === "string" ? id : brief(id));

function checkSettings({ file, fields }: JsonFile): void {
  const name = fields["tokenizer_class"] ?? TOKENIZER_CLASSES[0];
  if (!TOKENIZER_CLASSES.includes(name as string)) {
    const detail = `tokenizer_class ${brief(name)}; supported are ${TOKENIZER_CLASSES.join(", ")}`;
    throw new ConvertError("unsupported", file, detail);
  }
  if (fields["do_basic_tokenize"] === false) {
    throw new ConvertError("unsupported", file, "do_basic_tokenize false; supported is true alone");
  }
  const { characters } = fields;
  if (characters !== undefined && typeof characters !== "boolean") {
    const detail = `"characters" must be true or false, not ${brief(characters)}`;
    throw new ConvertError("tokenizer-malformed", file, detail);
  }
}

/** A special token, which transformers writes as a string or as an AddedToken object. */
function specialToken({ file, fields }: JsonFile, role: string): string | undefined {
  const value = fields[role];
  if (value === undefined || value === null) return undefined;
  const content = typeof value === "object" ? (value as Fields)["content"] : value;
  if (typeof content === "string") return content;
  const detail = `"${role}" must be a string or an object with "content", not ${brief(value)}`;
  throw new ConvertError("tokenizer-malformed", file, detail);
}

/**
 * Added tokens are found in a text before it is cut into words, which our tokenizer doesn't do; the special tokens
 * that the vocabulary has are in every list of them.
 *
 * @param json a list of objects with `content`, an object of such objects by id, or one of ids by content
 */
function checkAddedTokens(file: string, json: unknown, config: TokenizerConfig): void {
  if (typeof json !== "object" || json === null) return;
  const known: unknown[] = Object.keys(SPECIAL_TOKENS).map(
    (role) => config[role as keyof typeof SPECIAL_TOKENS],
  );
  for (const [key, value] of Object.entries(json)) {
    const content = typeof value === "object" && value !== null ? (value as Fields)["content"] : key;
    if (!known.includes(content)) {
      throw new ConvertError(
        "unsupported",
        file,
        `the added token ${brief(content)}; supported are the special ones alone`,
      );
    }
  }
}
