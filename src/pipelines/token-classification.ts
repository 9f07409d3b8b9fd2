import { DisposedError, InputError, ModelFileError } from "../errors.ts";
import type { CrfTokens } from "../model/config.ts";
import type { ModelFile } from "../model/model-file.ts";
import type { TokenClassifier } from "../model/token-classifier.ts";
import { parseLabel, parseScheme } from "../text/labels.ts";
import {
  assertText,
  createTokenizer,
  type Encoding,
  parseTokenizerConfig,
  type Tokenizer,
} from "../text/tokenizer.ts";
import {
  AGGREGATION_STRATEGIES,
  type AggregationStrategy,
  type Entity,
  groupEntities,
  type LabelSet,
  type TaggedText,
  type TokenEntity,
  tokenEntities,
} from "./aggregate.ts";

export interface TokenClassificationOptions {
  /** Default `simple`; Hugging Face's is `none`. */
  readonly aggregation_strategy?: AggregationStrategy;
  /** Labels, or types, to leave out. Default `["O"]`. */
  readonly ignore_labels?: readonly string[];
}

type Ungrouped = TokenClassificationOptions & { readonly aggregation_strategy: "none" };
type Grouped = TokenClassificationOptions & {
  readonly aggregation_strategy?: Exclude<AggregationStrategy, "none">;
};

/** Finds entities in text. Calls that overlap wait for each other. */
export interface TokenClassificationPipeline {
  (text: string, options: Ungrouped): Promise<TokenEntity[]>;
  (texts: readonly string[], options: Ungrouped): Promise<TokenEntity[][]>;
  (text: string, options?: Grouped): Promise<Entity[]>;
  (texts: readonly string[], options?: Grouped): Promise<Entity[][]>;
  (text: string, options: TokenClassificationOptions): Promise<Entity[] | TokenEntity[]>;
  (texts: readonly string[], options: TokenClassificationOptions): Promise<Entity[][] | TokenEntity[][]>;
  /** What the model file says of the model. */
  readonly model: ModelFile;
  /** The longest text in tokens, `[CLS]` and `[SEP]` included. */
  readonly maxTokens: number;
  /** Bytes of WebAssembly memory that the model and its working space take; constant after loading. */
  readonly memoryBytes: number;
  /** Gives the model's memory back. May be called twice; whatever is asked afterwards is refused. */
  dispose(): void;
}

/** @param defaults options for every call that doesn't say otherwise */
export function tokenClassificationPipeline(
  file: ModelFile,
  classifier: TokenClassifier,
  defaults: TokenClassificationOptions,
): TokenClassificationPipeline {
  const tagger = new Tagger(file, classifier);
  checkOptions(defaults);

  let tagging: Tagger | undefined = tagger;
  let queue: Promise<unknown> = Promise.resolve();
  const tagInTurn = (text: string, options: TokenClassificationOptions) => {
    const entities = queue.then(() => {
      if (tagging === undefined) throw new DisposedError("pipeline");
      return tagging.tag(text, options);
    });
    queue = entities.catch(() => {});
    return entities;
  };

  const call = async (text: string | readonly string[], callOptions: TokenClassificationOptions = {}) => {
    if (tagging === undefined) throw new DisposedError("pipeline");
    const options = { ...defaults, ...callOptions };
    checkOptions(options);
    const texts = Array.isArray(text) ? text : [text];
    for (const each of texts) assertText(each);
    const results = await Promise.all(texts.map((each) => tagInTurn(each, options)));
    return Array.isArray(text) ? results : results[0];
  };
  return Object.defineProperties(call, {
    model: { value: file, enumerable: true },
    maxTokens: { value: tagger.maxTokens, enumerable: true },
    memoryBytes: { get: () => tagging?.memoryBytes ?? 0, enumerable: true },
    dispose: {
      value: () => {
        tagging = undefined;
      },
    },
  }) as unknown as TokenClassificationPipeline;
}

/** The model with its tokenizer and labels: one text in, its entities out. */
class Tagger {
  readonly #classifier: TokenClassifier;
  readonly #tokenizer: Tokenizer;
  readonly #labels: LabelSet;
  readonly #labelled: CrfTokens;

  constructor({ name, metadata }: ModelFile, classifier: TokenClassifier) {
    const scheme = parseScheme(metadata.scheme, name);
    const tokenizer = parseTokenizerConfig(metadata.tokenizer, name);
    if (tokenizer.vocab.length > metadata.config.vocab_size) {
      const detail = `the vocabulary has ${tokenizer.vocab.length} tokens, but "vocab_size" is ${metadata.config.vocab_size}`;
      throw new ModelFileError("tokenizer-malformed", name, detail);
    }
    this.#classifier = classifier;
    this.#tokenizer = createTokenizer(tokenizer);
    this.#labels = {
      names: metadata.labels,
      parsed: metadata.labels.map((label) => parseLabel(label, scheme)),
    };
    this.#labelled = metadata.crf?.tokens ?? "characters";
  }

  get maxTokens(): number {
    return this.#classifier.electra.config.max_position_embeddings;
  }

  get memoryBytes(): number {
    return this.#classifier.machine.byteLength;
  }

  tag(text: string, options: TokenClassificationOptions): Entity[] | TokenEntity[] {
    const { aggregation_strategy: strategy = "simple", ignore_labels = ["O"] } = options;
    const encoding = this.#tokenizer.encode(text);
    if (encoding.ids.length > this.maxTokens) {
      throw new InputError(
        "text-too-long",
        `the text has ${text.length} characters and takes ${encoding.ids.length} tokens; this model takes at most ` +
          `${this.maxTokens}, [CLS] and [SEP] included`,
      );
    }
    const tokens = labelledTokens(encoding, this.#labelled);
    if (tokens.length === 0) return [];
    const tagged: TaggedText = {
      text,
      tokens,
      start: tokens.map((token) => encoding.start[token]!),
      end: tokens.map((token) => encoding.end[token]!),
      word: tokens.map((token) => encoding.word[token]!),
      tagging: this.#classifier.tag(encoding.ids, tokens),
    };
    const ignored = new Set(ignore_labels);
    return strategy === "none"
      ? tokenEntities(tagged, this.#labels, ignored)
      : groupEntities(tagged, this.#labels, strategy, ignored);
  }
}

function labelledTokens({ word }: Encoding, labelled: CrfTokens): Int32Array {
  const indices = Int32Array.from(word.keys());
  if (labelled === "all") return indices;
  const inText = indices.filter((i) => word[i] !== -1);
  return labelled === "characters" ? inText : inText.filter((i) => word[i] !== word[i - 1]);
}

function checkOptions({ aggregation_strategy: strategy, ignore_labels }: TokenClassificationOptions): void {
  if (strategy !== undefined && !AGGREGATION_STRATEGIES.includes(strategy)) {
    const known = AGGREGATION_STRATEGIES.join(", ");
    throw new InputError(
      "bad-option",
      `aggregation_strategy must be one of ${known}, not ${JSON.stringify(strategy)}`,
    );
  }
  if (
    ignore_labels !== undefined &&
    !(Array.isArray(ignore_labels) && ignore_labels.every((l) => typeof l === "string"))
  ) {
    throw new InputError(
      "bad-option",
      `ignore_labels must be an array of strings, not ${JSON.stringify(ignore_labels)}`,
    );
  }
}
