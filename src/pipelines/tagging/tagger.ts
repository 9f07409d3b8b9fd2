import { InputError } from "../../errors.ts";
import type { Sequence } from "../../model/batch.ts";
import type { CrfTokens } from "../../model/config.ts";
import type { Model } from "../../model/model.ts";
import type { Tagging } from "../../model/tagging.ts";
import { parseLabel, parseScheme } from "../../text/labels.ts";
import { assertText, type Encoding } from "../../text/tokenizer.ts";
import { layWindows, type TextWindow } from "../../text/windows.ts";
import type { ModelTokenizer } from "../model-tokenizer.ts";
import type { Request } from "../task-pipeline.ts";
import {
  type AggregationStrategy,
  type Entity,
  groupEntities,
  type LabelledText,
  type LabelSet,
  type TaggedText,
  type TokenEntity,
  tokenEntities,
} from "./aggregate.ts";
import { allowedSteps, type LabelConstraints, pathConstraints, SpanSweep } from "./constraints.ts";
import { fixedPlaces } from "./fixed-places.ts";
import { LabelledTokens } from "./labelled-tokens.ts";
import { LongText, type WindowSequence } from "./long-text.ts";
import { type Reading, TextPosterior } from "./text-posterior.ts";

/** A text as the model takes it. */
interface EncodedText extends LabelledText, Sequence {}

/** How far a text has been tagged, in UTF-16 units. */
export interface TextProgress {
  readonly done: number;
  readonly total: number;
}

/** How a text is tagged that is longer than a window; see the pipeline's options. */
export interface WindowingOptions {
  readonly max_length?: number;
  readonly stride?: number;
  readonly onProgress?: (progress: TextProgress) => void;
}

/** How a text is to be tagged; see the pipeline's options. */
export interface TaggingOptions extends WindowingOptions {
  readonly aggregation_strategy?: AggregationStrategy;
  readonly ignore_labels?: readonly string[];
  readonly constraints?: LabelConstraints;
  readonly n_best?: number;
  readonly return_posterior?: boolean;
}

export type TaggingResult = Entity[] | TokenEntity[] | Reading[] | TextPosterior;

/** Options that ask about the CRF. */
const ASKS_CRF = ["constraints", "n_best", "return_posterior"] as const;

/** Of a text without a token that has a label. */
const NOTHING: Tagging = {
  labels: new Int32Array(0),
  probabilities: new Float32Array(0),
  stretchProbability: undefined,
};

/** The model with its tokenizer and labels: texts in, their entities out. */
export class Tagger {
  readonly #model: Model<"token-classification">;
  readonly #tokenizer: ModelTokenizer;
  readonly #labels: LabelSet;
  readonly #labelled: CrfTokens;

  constructor(model: Model<"token-classification">, tokenizer: ModelTokenizer) {
    const { name, metadata } = model.file;
    const scheme = parseScheme(metadata.scheme, name);
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#labels = {
      names: metadata.labels,
      parsed: metadata.labels.map((label) => parseLabel(label, scheme)),
    };
    this.#labelled = metadata.crf?.tokens ?? "characters";
  }

  /** A text on its way through the model. */
  request(text: string, options: TaggingOptions): Request<TaggingResult> {
    const { aggregation_strategy: strategy = "simple", ignore_labels = ["O"] } = options;
    const { constraints, n_best, return_posterior } = options;
    const asksCrf = ASKS_CRF.find((name) => options[name] !== undefined && options[name] !== false);
    if (asksCrf !== undefined && this.#model.head.crf === undefined) {
      throw new InputError(
        "bad-option",
        `${asksCrf} needs a CRF, which ${this.#model.file.name} has none of`,
      );
    }
    const ignored = new Set(ignore_labels);
    const entitiesOf = (tagged: TaggedText) =>
      strategy === "none"
        ? tokenEntities(tagged, this.#labels, ignored)
        : groupEntities(tagged, this.#labels, strategy, ignored);
    assertText(text);
    const { tokenizer, maxTokens } = this.#tokenizer;
    const asksAll = n_best !== undefined ? "n_best" : return_posterior ? "return_posterior" : undefined;
    const encoding = tokenizer.encodeWithin(text, (asksAll ? undefined : options.max_length) ?? maxTokens);
    if (encoding === undefined && asksAll !== undefined) {
      throw new InputError(
        "text-too-long",
        `${asksAll} asks about all tokens of a text together: here ${tokenizer.encode(text).ids.length}, and this model ` +
          `takes at most ${maxTokens}. Ask about its parts, such as its lines`,
      );
    }
    if (encoding === undefined) return this.#longText(text, options, entitiesOf);
    const encoded = this.#labelledText(text, encoding, constraints);
    const paths = constraints && pathConstraints(constraints, this.#labels, encoded);
    const resultOf = (tagged: TaggedText): TaggingResult => {
      const { posterior } = tagged.tagging;
      if (n_best === undefined && !return_posterior) return entitiesOf(tagged);
      // A posterior that is handed out outlives what the model is given next.
      const lasting = return_posterior ? posterior?.detach() : posterior;
      const all = new TextPosterior(tagged, lasting, this.#labels, entitiesOf);
      return n_best === undefined ? all : all.readings(n_best);
    };
    let result: TaggingResult | undefined;
    return {
      sequences: encoded.tokens.length > 0 ? [encoded] : [],
      read: (_, { row }) => {
        const tagging = this.#model.head.tag(row, encoded.tokens, paths, (token) =>
          noPath(text, encoded.start[token]!, encoded.end[token]!),
        );
        result = resultOf({ ...encoded, tagging });
      },
      result: () => result ?? resultOf({ ...encoded, tagging: NOTHING }),
    };
  }

  #longText(
    text: string,
    options: TaggingOptions,
    entitiesOf: (tagged: TaggedText) => Entity[] | TokenEntity[],
  ): Request<Entity[] | TokenEntity[], WindowSequence> {
    const { head } = this.#model;
    const { tokenizer, maxTokens } = this.#tokenizer;
    const { max_length = maxTokens, stride = Math.floor((max_length - 2) / 4), onProgress } = options;
    const [cls, sep] = tokenizer.encode("").ids;
    const windows = () => layWindows(text, tokenizer.encodeParts(text), [cls!, sep!], { max_length, stride });
    const { constraints } = options;
    const allows = constraints && allowedSteps(constraints, this.#labels);
    const labelsAt =
      constraints?.fixed && fixedPlaces(text, windows(), constraints, this.#labels, this.#labelled);
    const reader = new LabelledTokens(this.#labelled, constraints?.mask);
    const tagging = new LongText(
      text,
      { labels: head.width, labelsAt, reader },
      () => head.stream(allows),
      entitiesOf,
      ({ start, end }) => noPath(text, start, end),
    );
    return {
      sequences: asSequences(windows()),
      read(window, { row }) {
        tagging.read(window, head.scores(row, window.ids.length));
        onProgress?.({ done: window.end.at(-1)!, total: text.length });
      },
      result: () => tagging.found() as Entity[] | TokenEntity[],
    };
  }

  #labelledText(
    text: string,
    { ids, start, end, word }: Encoding,
    constraints: LabelConstraints = {},
  ): EncodedText {
    const masked = new SpanSweep(constraints.mask);
    const tokens = labelledTokens(word, this.#labelled).filter(
      (token) => masked.touching(start[token]!, end[token]!).length === 0,
    );
    const of = (offsets: Int32Array) => tokens.map((token) => offsets[token]!);
    const entityEnd = this.#labelled === "first-piece" ? of(wordEnds(word, end)) : of(end);
    return { text, inputIds: ids, tokens, start: of(start), end: of(end), entityEnd, word: of(word) };
  }
}

function noPath(text: string, start: number, end: number): never {
  const word = JSON.stringify(text.slice(start, end));
  throw new InputError(
    "no-path",
    `no labels keep to the constraints: none is left for ${word} (characters ${start} to ${end})`,
  );
}

function* asSequences(windows: Iterable<TextWindow>): Generator<WindowSequence> {
  for (const window of windows) yield { ...window, inputIds: window.ids };
}

/** For each token the end of the last piece of its word. */
function wordEnds(word: Encoding["word"], end: Int32Array): Int32Array {
  const ends = end.slice();
  for (let i = ends.length - 2; i >= 0; i--) if (word[i] === word[i + 1]) ends[i] = ends[i + 1]!;
  return ends;
}

function labelledTokens(word: Encoding["word"], labelled: CrfTokens): Int32Array {
  const indices = Int32Array.from(word.keys());
  if (labelled === "all") return indices;
  const inText = indices.filter((i) => word[i] !== -1);
  return labelled === "characters" ? inText : inText.filter((i) => word[i] !== word[i - 1]);
}
