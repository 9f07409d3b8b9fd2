import { InputError, ModelFileError } from "../errors.ts";
import { packSequences } from "../model/batch.ts";
import type { CrfTokens } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { parseLabel, parseScheme } from "../text/labels.ts";
import { type Encoding, parseTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import {
  type AggregationStrategy,
  type Entity,
  groupEntities,
  type LabelledText,
  type LabelSet,
  type TokenEntity,
  tokenEntities,
} from "./aggregate.ts";

/** A text as the model takes it. */
export interface EncodedText extends LabelledText {
  readonly inputIds: Int32Array;
}

/** The model with its tokenizer and labels: texts in, their entities out. */
export class Tagger {
  readonly #model: Model<"token-classification">;
  readonly #tokenizer: Tokenizer;
  readonly #labels: LabelSet;
  readonly #labelled: CrfTokens;

  constructor(model: Model<"token-classification">) {
    const { name, metadata } = model.file;
    const scheme = parseScheme(metadata.scheme, name);
    const tokenizer = parseTokenizer(metadata.tokenizer, name);
    const tokens = tokenizer.config.vocab.length;
    if (tokens > metadata.config.vocab_size) {
      const detail = `the vocabulary has ${tokens} tokens, but "vocab_size" is ${metadata.config.vocab_size}`;
      throw new ModelFileError("tokenizer-malformed", name, detail);
    }
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#labels = {
      names: metadata.labels,
      parsed: metadata.labels.map((label) => parseLabel(label, scheme)),
    };
    this.#labelled = metadata.crf?.tokens ?? "characters";
  }

  get maxTokens(): number {
    return this.#model.electra.config.max_position_embeddings;
  }

  get memoryBytes(): number {
    return this.#model.machine.byteLength;
  }

  /** @throws {InputError} `text-too-long`, saying how long it may be */
  encode(text: string): EncodedText {
    const { ids, start, end, word } = this.#tokenizer.encode(text);
    if (ids.length > this.maxTokens) {
      throw new InputError(
        "text-too-long",
        `the text has ${text.length} characters and takes ${ids.length} tokens; this model takes at most ` +
          `${this.maxTokens}, [CLS] and [SEP] included`,
      );
    }
    const tokens = labelledTokens(word, this.#labelled);
    const of = (offsets: Int32Array) => tokens.map((token) => offsets[token]!);
    const entityEnd = this.#labelled === "first-piece" ? of(wordEnds(word, end)) : of(end);
    return { text, inputIds: ids, tokens, start: of(start), end: of(end), entityEnd, word: of(word) };
  }

  /** Consecutive texts, as many together as the model's working memory takes at once. */
  batches(texts: readonly EncodedText[]): EncodedText[][] {
    const batches: EncodedText[][] = [];
    let room = 0;
    for (const text of texts) {
      if (text.inputIds.length > room) {
        batches.push([]);
        room = this.#model.electra.capacity;
      }
      batches.at(-1)!.push(text);
      room -= text.inputIds.length;
    }
    return batches;
  }

  /** @param batch one of {@link batches} */
  async tag(
    batch: readonly EncodedText[],
    strategy: AggregationStrategy,
    ignored: ReadonlySet<string>,
  ): Promise<(Entity[] | TokenEntity[])[]> {
    const labelled = batch.filter(({ tokens }) => tokens.length > 0);
    const entities = new Map<EncodedText, Entity[] | TokenEntity[]>();
    if (labelled.length > 0) {
      const packed = packSequences(labelled.map(({ inputIds }) => inputIds));
      await this.#model.run(packed);
      const taggings = this.#model.head.tag(
        packed.offsets,
        labelled.map(({ tokens }) => tokens),
      );
      let next = 0;
      for (const tagging of taggings) {
        const text = labelled[next++]!;
        const tagged = { ...text, tagging };
        entities.set(
          text,
          strategy === "none"
            ? tokenEntities(tagged, this.#labels, ignored)
            : groupEntities(tagged, this.#labels, strategy, ignored),
        );
      }
    }
    return batch.map((text) => entities.get(text) ?? []);
  }

  /** Ends the threads that share the work, if any. */
  dispose(): void {
    this.#model.endTeam();
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
