import { InputError } from "../errors.ts";
import type { StartThread } from "../wasm/thread.ts";
import { ALONE, type PackedBatch } from "./batch.ts";
import type { Task } from "./config.ts";
import type { ModelFile } from "./file/model-file.ts";
import type { Head } from "./heads/head.ts";
import { Network } from "./network.ts";
import { Team } from "./team.ts";
import type { Job, Joining } from "./team-member.ts";
import type { Weights } from "./weights.ts";

/**
 * Larger scores no trained model has. Within these bounds whatever is made of scores is finite: means, a CRF's sums.
 */
const LARGEST_SCORE = 1e30;

/** A model that runs batches: on this thread, or on a team of others. */
export class Model<T extends Task = Task> extends Network<T> {
  readonly file: ModelFile;
  readonly #joining: Pick<Joining, "file" | "task" | "threads">;
  #team: Team<Job> | undefined;

  constructor(machine: Network["machine"], weights: Weights, file: ModelFile, task: T, threads: number) {
    super(machine, weights, file, task, threads);
    this.file = file;
    this.#joining = { file, task, threads };
  }

  /**
   * Hands the work over to as many threads as the model was laid out for. Its weights must be loaded.
   *
   * @param module the kernels that the machine runs
   */
  async startTeam(startThread: StartThread, module: WebAssembly.Module): Promise<void> {
    const { memory } = this.machine;
    const everyone = { ...this.#joining, module, memory };
    this.#team = await Team.start<Job>(
      startThread,
      everyone.threads,
      (thread): Joining => ({ ...everyone, thread }),
    );
  }

  /** Ends the threads that do the work, if any. */
  endTeam(): void {
    this.#team?.end();
  }

  /**
   * Runs a batch; what the head makes of it is in place until the next.
   *
   * @throws {InputError} `not-finite` where a score is NaN, infinite or beyond ±10³⁰
   * @param observe see {@link Electra.forward}; has the batch run on this thread
   */
  async run(batch: PackedBatch, observe?: (layer: number) => void): Promise<void> {
    this.electra.setBatch(batch);
    if (this.#team === undefined || observe !== undefined) this.forward(batch.offsets, ALONE, observe);
    else await this.#team.run(batch.offsets);
    const head: Head = this.head;
    this.assertFinite(head.output, head.outputs(batch.offsets));
  }

  /** @throws {InputError} `not-finite` */
  assertFinite(scores: number, count: number): void {
    if (this.machine.kernels.areWithin(scores, count, -LARGEST_SCORE, LARGEST_SCORE)) return;
    const detail = "its weights are so large that a score is NaN, infinite or beyond ±1e30";
    throw new InputError("not-finite", `${this.file.name}: ${detail}`);
  }
}
