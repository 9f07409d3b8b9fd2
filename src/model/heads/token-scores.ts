import type { Activation } from "../../wasm/kernels.ts";
import type { Machine } from "../../wasm/machine.ts";
import { type Share, shareOfRows } from "../batch.ts";
import type { Linear } from "../layers.ts";
import type { Head, HeadPlace } from "./head.ts";

/** The names of a head's linear layers in the file. */
export interface ScoreLayers {
  /** From the hidden size to itself, followed by the activation. */
  readonly dense?: string;
  readonly scores: string;
}

/** Scores of every token [tokens, width]. */
export class TokenScores implements Head {
  readonly output: number;
  /** How many scores a token has. */
  readonly width: number;
  protected readonly machine: Machine;
  readonly #hidden: number;
  readonly #activation: Activation;
  readonly #dense: { readonly layer: Linear; readonly out: number } | undefined;
  readonly #scores: Linear;

  constructor(
    { machine, weights, hidden, size, activation, capacity }: HeadPlace,
    names: ScoreLayers,
    width: number,
  ) {
    this.machine = machine;
    this.width = width;
    this.#hidden = hidden;
    this.#activation = activation;
    if (names.dense !== undefined) {
      this.#dense = {
        layer: weights.linear(names.dense, size, size),
        out: machine.reserve(capacity * size * 4),
      };
    }
    this.#scores = weights.linear(names.scores, width, size);
    this.output = machine.reserve(capacity * width * 4);
  }

  outputs(offsets: Int32Array): number {
    return offsets.at(-1)! * this.width;
  }

  forward(offsets: Int32Array, share: Share, scratch: number): void {
    const rows = shareOfRows(offsets.at(-1)!, share);
    this.#dense?.layer.forward(this.#hidden, rows, scratch, this.#dense.out, 0, this.#activation);
    this.#scores.forward(this.#dense?.out ?? this.#hidden, rows, scratch, this.output);
  }

  scoresOfFirst(tokens: number): Float32Array {
    return this.machine.floats(this.output, tokens * this.width);
  }
}
