import { ACTIVATIONS } from "../wasm/kernels.ts";
import type { Machine } from "../wasm/machine.ts";
import { BARRIER_BYTES } from "./barrier.ts";
import type { Share } from "./batch.ts";
import type { Task } from "./config.ts";
import { Electra } from "./electra.ts";
import type { ModelFile } from "./file/model-file.ts";
import { Gru } from "./gru.ts";
import { headActivation } from "./head-activation.ts";
import { createHead, type HeadOf } from "./heads/create-head.ts";
import type { Head } from "./heads/head.ts";
import type { Weights } from "./weights.ts";

/**
 * The encoder with a task's head, every part of it at its address: the same file, task and number of threads give the
 * same addresses, so that each thread makes one of its own over the memory that they share.
 */
export class Network<T extends Task = Task> {
  readonly machine: Machine;
  readonly electra: Electra;
  readonly gru: Gru | undefined;
  readonly head: HeadOf[T];
  /** Address of what the threads' barrier needs. */
  readonly barrierCells: number;

  /**
   * @param weights of the file, which need not be loaded
   * @param task the file's own, or `feature-extraction`, for which the encoder alone is put in place
   * @param threads how many will share the work
   */
  constructor(machine: Machine, weights: Weights, { metadata }: ModelFile, task: T, threads: number) {
    this.machine = machine;
    this.barrierCells = machine.reserve(BARRIER_BYTES);
    this.electra = new Electra(machine, weights, metadata.config, threads);
    const { hidden, capacity } = this.electra;
    const size = metadata.config.hidden_size;
    if (metadata.gru !== undefined && task !== "feature-extraction") {
      this.gru = new Gru(machine, weights, metadata.gru, size, capacity, threads);
    }
    const read = { hidden: this.gru?.output ?? hidden, size: this.gru?.size ?? size };
    const activation = ACTIVATIONS[headActivation(metadata.config, task)];
    this.head = createHead(task, { machine, weights, metadata, ...read, activation, capacity });
  }

  /** A thread's share of the work on the batch in place; the others must do theirs. */
  forward(offsets: Int32Array, share: Share, observe?: (layer: number) => void): void {
    const hidden = this.electra.forward(offsets, share, observe);
    this.gru?.forward(hidden, offsets, share);
    const head: Head = this.head;
    const { thread } = share;
    head.forward(offsets, share, this.gru?.scratch[thread] ?? this.electra.scratch(thread));
  }
}
