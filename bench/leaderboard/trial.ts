import type { ModelFile } from "../../src/model/file/model-file.ts";
import { readHeader } from "../../src/pipelines/loading/model-header-node.ts";
import { type EncodedText, ModelTokenizer } from "../../src/pipelines/model-tokenizer.ts";
import type { Sample } from "../peers/engines.ts";
import type { GraphAnswer } from "../peers/peers.ts";

/** How good answers to all samples are, from 0 to 1. */
export type Score<Answer> = (answers: readonly Answer[]) => number;

/** What a model is asked, and how good the answers are. */
export interface Trial {
  readonly metric: "F1" | "AUC" | "top-5";
  /** How much there is to get right, in words. */
  readonly counted: string;
  /** Texts left out since they are too long for one run: the peers have no windows. */
  readonly tooLong: number;
  readonly samples: readonly Sample[];
  /** Of what our pipeline gives. */
  readonly score: Score<unknown>;
  /** Of what a graph gives, with the model's CRF over it where it has one. */
  readonly scoreGraph: Score<GraphAnswer>;
  /** The same with the likeliest label of each token; undefined where there is no CRF. */
  readonly scoreWithoutCrf?: Score<GraphAnswer>;
}

/** What a graph gives: [1, tokens, width], or [1, tokens], whose width is 1. */
export function logitsOf(answer: GraphAnswer): {
  readonly values: ArrayLike<number>;
  readonly width: number;
} {
  const { data, dims } = answer["logits"]!;
  return { values: data, width: dims[2] ?? 1 };
}

/** What is known of a model before it runs. */
export class Examinee {
  readonly file: ModelFile;
  readonly #tokenizer: ModelTokenizer;

  constructor(file: ModelFile) {
    this.file = file;
    this.#tokenizer = new ModelTokenizer(file);
  }

  static async open(model: string): Promise<Examinee> {
    return new Examinee(await readHeader(model));
  }

  get vocab(): readonly string[] {
    return this.#tokenizer.tokenizer.config.vocab;
  }

  get maskToken(): string {
    return this.#tokenizer.tokenizer.config.mask_token!;
  }

  /** Texts with their tokens, and how many have more than fit one run. */
  encodeEach<T extends { readonly text: string }>(
    texts: readonly T[],
  ): { readonly fitting: readonly (T & { readonly encoded: EncodedText })[]; readonly tooLong: number } {
    const fitting = texts
      .filter(({ text }) => this.#tokenizer.encodeWhole(text).ids.length <= this.#tokenizer.maxTokens)
      .map((text) => ({ ...text, encoded: this.#tokenizer.encode(text.text) }));
    return { fitting, tooLong: texts.length - fitting.length };
  }
}
