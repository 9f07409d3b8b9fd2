import { Machine } from "../wasm/machine.ts";
import { Barrier } from "./barrier.ts";
import type { Task } from "./config.ts";
import type { ModelFile } from "./file/model-file.ts";
import { Network } from "./network.ts";
import { Weights } from "./weights.ts";

/** The first message to a team's member. */
export interface Joining {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly file: ModelFile;
  readonly task: Task;
  readonly thread: number;
  readonly threads: number;
}

/** The messages after it: the offsets of a batch that is in place. */
export type Job = Int32Array;

/** What a member answers to each message: that it is done, or why it failed. */
export type Answer = { readonly failure: string | undefined };

/**
 * What runs in each thread of a team: it lays the model out over the shared memory as the main thread did, so that all
 * addresses agree, and does its share of every batch.
 */
export function serveTeam(
  onMessage: (listener: (message: Joining | Job) => void) => void,
  answer: (answer: Answer) => void,
): void {
  let work: ((offsets: Int32Array) => void) | undefined;
  const join = async ({ module, memory, file, task, thread, threads }: Joining) => {
    const machine = await Machine.create(module, memory);
    const network = new Network(machine, new Weights(machine, file), file, task, threads);
    const barrier = new Barrier(machine.integers(network.barrierCells, 2), threads);
    const share = { thread, threads, barrier: () => barrier.wait() };
    work = (offsets) => network.forward(offsets, share);
  };
  onMessage(async (message) => {
    try {
      if (message instanceof Int32Array) work!(message);
      else await join(message);
      answer({ failure: undefined });
    } catch (error) {
      answer({ failure: String(error) });
    }
  });
}
