import type { ModelFile } from "../../src/model/model-file.ts";
import { readHeader } from "../../src/pipelines/model-header-node.ts";
import { type EncodedText, ModelTokenizer } from "../../src/pipelines/model-tokenizer.ts";
import type { EngineSpec, Sample } from "../peers/engines.ts";
import type { OrtTensor } from "../peers/peers.ts";

export type Runtime = EngineSpec["runtime"];

/** How good answers to all samples are, from 0 to 1. */
export type Score = (answers: readonly unknown[]) => number;

/** What a model is asked, and how good the answers are. */
export interface Trial {
  readonly metric: "F1" | "AUC" | "accuracy";
  /** How much there is to get right, in words. */
  readonly counted: string;
  readonly samples: readonly Sample[];
  /** Of answers as each runtime gives them. */
  readonly score: Readonly<Record<Runtime, Score>>;
  /** Of a graph's answers with the model's CRF over them; undefined where it has none. */
  readonly scoreWithCrf?: Score;
}

/** What a graph gives: [1, tokens, width], or [1, tokens], whose width is 1. */
export function logitsOf(answer: unknown): { readonly values: ArrayLike<number>; readonly width: number } {
  const { data, dims } = (answer as Readonly<Record<string, OrtTensor>>)["logits"]!;
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

  /** Undefined where the text is too long for one run: the peers have no windows. */
  encode(text: string): EncodedText | undefined {
    const { ids } = this.#tokenizer.encodeWhole(text);
    return ids.length > this.#tokenizer.maxTokens ? undefined : this.#tokenizer.encode(text);
  }
}
