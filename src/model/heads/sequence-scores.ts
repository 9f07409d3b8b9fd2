import type { Activation } from "../../wasm/kernels.ts";
import type { Machine } from "../../wasm/machine.ts";
import { type Share, shareOfRows } from "../batch.ts";
import type { Linear } from "../layers.ts";
import type { Head, HeadPlace } from "./head.ts";
import type { ScoreLayers } from "./token-scores.ts";

/** Scores of every sequence [sequences, width], from its first token, `[CLS]`. */
export class SequenceScores implements Head {
  readonly output: number;
  /** How many scores a sequence has. */
  readonly width: number;
  readonly #machine: Machine;
  readonly #hidden: number;
  readonly #activation: Activation;
  readonly #dense: Linear;
  readonly #summaries: number; // [sequences, hidden]
  readonly #scores: Linear;

  constructor(
    { machine, weights, hidden, size, activation, capacity }: HeadPlace,
    names: Required<ScoreLayers>,
    width: number,
  ) {
    this.width = width;
    this.#machine = machine;
    this.#hidden = hidden;
    this.#activation = activation;
    this.#dense = weights.linear(names.dense, size, size);
    this.#summaries = machine.reserve(capacity * size * 4);
    this.#scores = weights.linear(names.scores, width, size);
    this.output = machine.reserve(capacity * width * 4);
  }

  outputs(offsets: Int32Array): number {
    return (offsets.length - 1) * this.width;
  }

  forward(offsets: Int32Array, share: Share, scratch: number): void {
    const own = shareOfRows(offsets.at(-1)!, share);
    const rowBytes = this.#dense.inputs * 4;
    for (let i = 0; i + 1 < offsets.length; i++) {
      const row = offsets[i]!;
      if (row < own.first || row >= own.first + own.count) continue;
      const summary = this.#summaries + i * rowBytes;
      const one = { first: 0, count: 1 };
      this.#dense.forward(this.#hidden + row * rowBytes, one, scratch, summary, 0, this.#activation);
      this.#scores.forward(summary, one, scratch, this.output + i * this.width * 4);
    }
  }

  scoresOfFirst(): Float32Array {
    return this.scoresOf(0);
  }

  /** A sequence's scores [width]. */
  scoresOf(sequence: number): Float32Array<ArrayBuffer> {
    return this.#machine.floats(this.output + sequence * this.width * 4, this.width);
  }
}
