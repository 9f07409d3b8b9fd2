import type { Sequence } from "../model/batch.ts";
import type { CrfTokens } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { parseLabel, parseScheme } from "../text/labels.ts";
import type { Encoding } from "../text/tokenizer.ts";
import {
  type AggregationStrategy,
  type Entity,
  groupEntities,
  type LabelledText,
  type LabelSet,
  type TokenEntity,
  tokenEntities,
} from "./aggregate.ts";
import type { ModelTokenizer } from "./model-tokenizer.ts";
import type { Request } from "./task-pipeline.ts";

/** A text as the model takes it. */
interface EncodedText extends LabelledText, Sequence {}

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
  request(
    text: string,
    strategy: AggregationStrategy,
    ignored: ReadonlySet<string>,
  ): Request<Entity[] | TokenEntity[], EncodedText> {
    const encoded = this.#encode(text);
    let entities: Entity[] | TokenEntity[] = [];
    return {
      sequences: encoded.tokens.length > 0 ? [encoded] : [],
      read: (sequence, { row }) => {
        const tagged = { ...sequence, tagging: this.#model.head.tag(row, sequence.tokens) };
        entities =
          strategy === "none"
            ? tokenEntities(tagged, this.#labels, ignored)
            : groupEntities(tagged, this.#labels, strategy, ignored);
      },
      result: () => entities,
    };
  }

  #encode(text: string): EncodedText {
    const { ids, start, end, word } = this.#tokenizer.encode(text);
    const tokens = labelledTokens(word, this.#labelled);
    const of = (offsets: Int32Array) => tokens.map((token) => offsets[token]!);
    const entityEnd = this.#labelled === "first-piece" ? of(wordEnds(word, end)) : of(end);
    return { text, inputIds: ids, tokens, start: of(start), end: of(end), entityEnd, word: of(word) };
  }
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
