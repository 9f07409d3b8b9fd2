import { readFile } from "node:fs/promises";
import { DataError } from "../../errors.ts";
import { buildCharacterVocabulary, tokenizerOver } from "../../text/build-vocab.ts";
import { parseTokenizerConfig, type TokenizerConfig } from "../../text/tokenizer.ts";
import { buildWordPieceVocabulary } from "../../text/wordpiece-vocab.ts";

/** How the command line asks for a vocabulary. */
export interface VocabularyOptions {
  readonly tokenizer: TokenizerConfig["type"];
  readonly vocabSize: number;
  readonly minFrequency: number;
  readonly lowerCase: boolean;
}

export function buildVocabulary(
  texts: Iterable<string>,
  { tokenizer, vocabSize: size, minFrequency, lowerCase }: VocabularyOptions,
): string[] {
  const { do_lower_case, strip_accents, tokenize_chinese_chars } = tokenizerOver([], tokenizer, lowerCase);
  return tokenizer === "characters"
    ? buildCharacterVocabulary(texts, { size, minFrequency, do_lower_case })
    : buildWordPieceVocabulary(texts, {
        size,
        minFrequency,
        do_lower_case,
        strip_accents,
        tokenize_chinese_chars,
      });
}

/**
 * A tokenizer over the given file's vocabulary, or over one that is built from the texts.
 *
 * @throws {DataError | ModelFileError} as {@link readVocabulary} does
 */
export async function vocabularyOf(
  options: VocabularyOptions & { readonly vocab?: string },
  texts: Iterable<string>,
): Promise<TokenizerConfig> {
  if (options.vocab !== undefined) return readVocabulary(options.vocab, options);
  return tokenizerOver(buildVocabulary(texts, options), options.tokenizer, options.lowerCase);
}

/**
 * A vocabulary from a file of one token a line.
 *
 * @throws {DataError} where the file can't be read
 * @throws {ModelFileError} `tokenizer-malformed` for a token that stands twice, or a special one that's missing
 */
export async function readVocabulary(
  path: string,
  { tokenizer, lowerCase }: Pick<VocabularyOptions, "tokenizer" | "lowerCase">,
): Promise<TokenizerConfig> {
  const content = await readFile(path, "utf8").catch((error) => {
    throw new DataError(path, undefined, `can't be read: ${error.message}`);
  });
  const vocab = content.split(/\r?\n/u);
  if (vocab.at(-1) === "") vocab.pop();
  return parseTokenizerConfig(tokenizerOver(vocab, tokenizer, lowerCase), path);
}
