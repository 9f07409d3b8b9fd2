import type { Machine } from "../wasm/machine.ts";
import { type Share, shareOfRows } from "./batch.ts";
import type { GruConfig } from "./config.ts";
import type { Linear } from "./layers.ts";
import type { Weights } from "./weights.ts";

/** What a layer does with its inputs, both directions at once, and what each direction does with its own h. */
interface Layer {
  readonly inputs: Linear;
  readonly hidden: readonly Linear[];
}

/**
 * Bidirectional gated recurrent units (Cho et al. 2014) as torch.nn.GRU has them, over packed sequences. A direction of a
 * sequence is one thread's work from its first step to its last.
 */
export class Gru {
  /** Address of the last layer's states [tokens, size]: the forward direction's, then the backward one's. */
  readonly output: number;
  readonly size: number;
  /** Of each thread; a linear layer may use it that reads no more than the GRU does, or its output. */
  readonly scratch: readonly number[];
  readonly #machine: Machine;
  readonly #layers: readonly Layer[];
  readonly #gates: number; // [tokens, 6 · hidden]

  /** @param inputs width of what the first layer reads @param capacity the most tokens of a batch */
  constructor(
    machine: Machine,
    weights: Weights,
    { hidden_size: hidden, num_layers }: GruConfig,
    inputs: number,
    capacity: number,
    threads: number,
  ) {
    const { kernels } = machine;
    this.#machine = machine;
    this.size = 2 * hidden;
    const linear = (part: string, names: readonly string[], width: number) =>
      weights.linear(
        names,
        3 * hidden,
        width,
        (name) => `gru.weight_${part}_${name}`,
        (name) => `gru.bias_${part}_${name}`,
      );
    this.#layers = Array.from({ length: num_layers }, (_, layer) => {
      const directions = [`l${layer}`, `l${layer}_reverse`];
      return {
        inputs: linear("ih", directions, layer === 0 ? inputs : this.size),
        hidden: directions.map((direction) => linear("hh", [direction], hidden)),
      };
    });
    this.#gates = machine.reserve(capacity * hidden * 24);
    this.output = machine.reserve(capacity * hidden * 8);
    const widest = Math.max(inputs, this.size);
    const bytes = Math.max(
      kernels.packedInputBytes(capacity, widest),
      kernels.quantizedInputBytes(capacity, widest),
      hidden * 16,
    );
    this.scratch = Array.from({ length: threads }, () => machine.reserve(bytes));
  }

  /** A thread's share. @param x address of [tokens, inputs], of which the rows that are the thread's own are done */
  forward(x: number, offsets: Int32Array, share: Share): void {
    const rows = shareOfRows(offsets.at(-1)!, share);
    const scratch = this.scratch[share.thread]!;
    for (const { inputs, hidden } of this.#layers) {
      inputs.forward(x, rows, scratch, this.#gates);
      share.barrier(); // a sequence's gates may be of several threads' making
      this.#recur(hidden, offsets, share);
      share.barrier();
      x = this.output;
    }
  }

  /** The thread's share of both directions of all sequences. */
  #recur(hidden: readonly Linear[], offsets: Int32Array, { thread, threads }: Share): void {
    const all = (offsets.length - 1) * 2;
    const end = Math.floor((all * (thread + 1)) / threads);
    for (let i = Math.floor((all * thread) / threads); i < end; i++) {
      const reverse = i % 2;
      const [first, last] = [offsets[i >> 1]!, offsets[(i >> 1) + 1]!];
      const { weights, bias, inputs: size } = hidden[reverse]!;
      this.#machine.kernels.gru(
        this.#gates + (first * 6 + reverse * 3) * size * 4,
        size * 6,
        weights,
        bias,
        this.output + (first * 2 + reverse) * size * 4,
        size * 2,
        this.scratch[thread]!,
        0,
        last - first,
        size,
        reverse,
      );
    }
  }
}
