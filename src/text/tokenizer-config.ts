import { ModelFileError } from "../errors.ts";
import { TokenIds } from "./token-ids.ts";

/** The `tokenizer` entry of a model file (`docs/format.md`); options have the names of Hugging Face's BertTokenizer. */
export interface TokenizerConfig {
  /** `characters`: every code point is a token. `wordpiece`: BERT's words, cut into the longest known pieces. */
  readonly type: "characters" | "wordpiece";
  /** The tokens; a token's index is its id. */
  readonly vocab: readonly string[];
  readonly do_lower_case: boolean;
  /** `null` follows `do_lower_case`. Word pieces only. */
  readonly strip_accents: boolean | null;
  /** Makes every Han ideograph a word of its own. Word pieces only. */
  readonly tokenize_chinese_chars: boolean;
  readonly unk_token: string;
  readonly cls_token: string;
  readonly sep_token: string;
  readonly pad_token: string;
  /** `null` where the vocabulary has none. */
  readonly mask_token: string | null;
}

const TYPES = ["characters", "wordpiece"] as const;

/**
 * Checks a tokenizer's description that came from a file.
 *
 * @param json the parsed `tokenizer` entry
 * @param source named in errors
 * @throws {ModelFileError} `tokenizer-malformed`, naming the field, what was expected and what came
 */
export function parseTokenizerConfig(json: unknown, source: string): TokenizerConfig {
  return parseIndexedTokenizer(json, source).config;
}

/** As {@link parseTokenizerConfig}, with the index of the vocabulary that its checks need. */
export function parseIndexedTokenizer(
  json: unknown,
  source: string,
): { readonly config: TokenizerConfig; readonly ids: TokenIds } {
  const fail = (detail: string): never => {
    throw new ModelFileError("tokenizer-malformed", source, `tokenizer: ${detail}`);
  };
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return fail(`expected a JSON object, not ${shown(json)}`);
  }
  const fields = json as Record<string, unknown>;

  const type = TYPES.find((name) => name === fields["type"]);
  if (type === undefined)
    return fail(`"type" must be one of ${TYPES.join(", ")}, not ${shown(fields["type"])}`);

  const vocab = fields["vocab"];
  if (!Array.isArray(vocab)) return fail(`"vocab" must be an array of strings, not ${shown(vocab)}`);
  const ids = new TokenIds();
  for (let id = 0; id < vocab.length; id++) {
    const token: unknown = vocab[id];
    if (typeof token !== "string")
      return fail(`"vocab" must hold strings, but entry ${id} is ${shown(token)}`);
    const first = ids.get(token);
    if (first !== undefined) fail(`"vocab" has the token ${shown(token)} twice, as ${first} and ${id}`);
    ids.set(token, id);
  }

  const flag = (name: string): boolean => {
    const value = fields[name];
    return typeof value === "boolean" ? value : fail(`"${name}" must be true or false, not ${shown(value)}`);
  };
  const special = (name: string): string => {
    const value = fields[name];
    if (typeof value !== "string" || value === "") {
      return fail(`"${name}" must be a string that isn't empty, not ${shown(value)}`);
    }
    return ids.get(value) !== undefined ? value : fail(`"${name}" is ${shown(value)}, which "vocab" lacks`);
  };

  const config: TokenizerConfig = {
    type,
    vocab,
    do_lower_case: flag("do_lower_case"),
    strip_accents: (fields["strip_accents"] ?? null) === null ? null : flag("strip_accents"),
    tokenize_chinese_chars: flag("tokenize_chinese_chars"),
    unk_token: special("unk_token"),
    cls_token: special("cls_token"),
    sep_token: special("sep_token"),
    pad_token: special("pad_token"),
    mask_token: (fields["mask_token"] ?? null) === null ? null : special("mask_token"),
  };
  return { config, ids };
}

/** A value from a file, short enough for a message. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
