import type { ModelMetadata } from "../../model/file/model-file.ts";
import { detectScheme } from "../../text/labels.ts";
import type { TokenizerConfig } from "../../text/tokenizer-config.ts";
import { OWN_FIELDS } from "../own-fields.ts";
import { LONGEST_WORD, SPECIAL_TOKENS } from "./tokenizer.ts";

/**
 * The fields of a `config.json` that transformers makes the model of.
 *
 * @param architecture transformers' name for the model's class
 * @param positions rows of the position embeddings
 * @param tied whether the generator's output matrix is the word embeddings
 */
export function configFields(
  { config, labels, crf, scheme, license, source }: ModelMetadata,
  { vocab, pad_token }: TokenizerConfig,
  architecture: string,
  positions: number,
  tied: boolean,
): Readonly<Record<string, unknown>> {
  const usual = JSON.stringify(detectScheme(labels)) === JSON.stringify(scheme);
  const own = { crf, scheme: usual ? undefined : scheme, license, source };
  const some = Object.values(own).some((value) => value !== undefined);
  const { position_embedding_type, model_type = "electra", ...sizes } = config;
  return {
    architectures: [architecture],
    model_type,
    ...sizes,
    max_position_embeddings: positions,
    ...(labels.length > 0 && {
      id2label: Object.fromEntries(labels.entries()),
      label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    }),
    pad_token_id: vocab.indexOf(pad_token),
    tie_word_embeddings: tied,
    // What transformers computes in, whatever the weights are stored as.
    dtype: "float32",
    ...(some && { [OWN_FIELDS]: own }),
  };
}

/**
 * The fields of a `tokenizer_config.json`. Characters need the class that takes `tokenizer.json` as it is; the others
 * make one of their own.
 */
export function tokenizerSettings(
  tokenizer: TokenizerConfig,
  longestText: number,
): Readonly<Record<string, unknown>> {
  const { type, vocab, ...options } = tokenizer;
  const characters = type === "characters";
  return {
    tokenizer_class: characters ? "PreTrainedTokenizerFast" : "BertTokenizer",
    ...options,
    // A special token that a text spells out is characters like any others.
    ...(characters && { characters, split_special_tokens: true }),
    model_max_length: longestText,
    model_input_names: ["input_ids", "token_type_ids", "attention_mask"],
    clean_up_tokenization_spaces: false,
  };
}

export function specialTokensMap(tokenizer: TokenizerConfig): Readonly<Record<string, unknown>> {
  const roles = Object.keys(SPECIAL_TOKENS) as (keyof typeof SPECIAL_TOKENS)[];
  return Object.fromEntries(
    roles.flatMap((role) => (tokenizer[role] === null ? [] : [[role, tokenizer[role]]])),
  );
}

/** A `tokenizer.json` of Hugging Face's `tokenizers` that gives the same ids as our tokenizer, and its offsets. */
export function tokenizerJson(tokenizer: TokenizerConfig): Readonly<Record<string, unknown>> {
  const { type, vocab, unk_token, cls_token, sep_token } = tokenizer;
  const ids = new Map(vocab.map((token, id) => [token, id]));
  const special = [...new Set(Object.values(specialTokensMap(tokenizer)) as string[])];
  const added = special
    .map((content) => ({
      id: ids.get(content)!,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    }))
    .sort((a, b) => a.id - b.id);
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: type === "characters" ? characterNormalizer(tokenizer) : bertNormalizer(tokenizer),
    pre_tokenizer:
      type === "characters"
        ? { type: "Split", pattern: { Regex: "[\\s\\S]" }, behavior: "Isolated", invert: false }
        : { type: "BertPreTokenizer" },
    post_processor: {
      type: "BertProcessing",
      sep: [sep_token, ids.get(sep_token)],
      cls: [cls_token, ids.get(cls_token)],
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: false },
    model: {
      type: "WordPiece",
      unk_token,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: LONGEST_WORD,
      vocab: Object.fromEntries(ids),
    },
  };
}

function bertNormalizer({ do_lower_case, strip_accents, tokenize_chinese_chars }: TokenizerConfig) {
  return {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: tokenize_chinese_chars,
    strip_accents,
    lowercase: do_lower_case,
  };
}

/** The one character whose small letter is two: it stays one token, an unknown one. */
const DOTTED_I = "\u0130";
/** The last code point, which no vocabulary has. */
const NO_TOKEN = "\u{10ffff}";

function characterNormalizer({ do_lower_case }: TokenizerConfig) {
  if (!do_lower_case) return null;
  const normalizers = [
    { type: "Replace", pattern: { String: DOTTED_I }, content: NO_TOKEN },
    { type: "Lowercase" },
  ];
  return { type: "Sequence", normalizers };
}
