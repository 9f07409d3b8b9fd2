import { Worker } from "node:worker_threads";
import { WorkerLostError } from "./errors.ts";
import type { Answer, Batch, WorkerModel } from "./worker.ts";

interface Member {
  readonly worker: Worker;
  /** Whether it has its models. */
  loaded: boolean;
  /** What it works on; undefined while it is idle. */
  assignment: Assignment | undefined;
}

interface Assignment {
  resolve(answers: readonly Answer[]): void;
  reject(error: Error): void;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 30_000;

export interface PoolOptions {
  /** How many. */
  readonly workers: number;
  /** How long a batch may take before its worker counts as stuck and is ended; in milliseconds. */
  readonly batchTimeout: number;
  /** Called whenever a worker has become free. */
  onIdle(): void;
  /** Called when a worker was lost, or could not be replaced. */
  onLost(reason: Error): void;
  /** Of a worker, which serves `worker.ts`; another in tests. */
  readonly script?: URL;
}

/** Threads that run batches, one each at a time. One that ends is replaced. */
export class WorkerPool {
  readonly #models: readonly WorkerModel[];
  readonly #options: PoolOptions;
  readonly #members = new Set<Member>();
  readonly #idle: Member[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #closing = false;

  private constructor(models: readonly WorkerModel[], options: PoolOptions) {
    this.#models = models.map(({ name, source, task }) => ({ name, source, task }));
    this.#options = options;
  }

  /** Resolves once every worker has loaded every model; rejects with what kept one from it. */
  static async start(models: readonly WorkerModel[], options: PoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(models, options);
    try {
      await Promise.all(Array.from({ length: options.workers }, () => pool.#hire()));
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /** How many workers wait for work. */
  get idle(): number {
    return this.#idle.length;
  }

  /** How many workers have their models loaded. */
  get ready(): number {
    return [...this.#members].filter(({ loaded }) => loaded).length;
  }

  /**
   * Call only while a worker is {@link idle}.
   *
   * @throws {WorkerLostError} where the worker ends before it has answered
   */
  async run(batch: Batch): Promise<readonly Answer[]> {
    const member = this.#idle.pop()!;
    const answers = new Promise<readonly Answer[]>((resolve, reject) => {
      member.assignment = { resolve, reject };
    });
    const stuck = setTimeout(() => void member.worker.terminate(), this.#options.batchTimeout);
    member.worker.postMessage(batch);
    try {
      return await answers;
    } finally {
      clearTimeout(stuck);
    }
  }

  /** Ends the workers, whatever they are at. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([...this.#members].map(({ worker }) => worker.terminate()));
  }

  /** Resolves when a new worker is ready; rejects where it ends before. */
  #hire(): Promise<void> {
    const { script = new URL("../inference-worker.node.ts", import.meta.url) } = this.#options;
    const worker = new Worker(script, { workerData: this.#models });
    const member: Member = { worker, loaded: false, assignment: undefined };
    this.#members.add(member);
    return new Promise((resolve, reject) => {
      let failure: Error | undefined;
      worker.on("message", (answers: readonly Answer[]) => {
        member.loaded = true;
        resolve();
        member.assignment?.resolve(answers);
        member.assignment = undefined;
        this.#idle.push(member);
        this.#options.onIdle();
      });
      worker.on("error", (error) => {
        failure = error instanceof Error ? error : new Error(String(error));
      });
      worker.on("exit", (code) => {
        failure ??= new Error(`a worker exited with code ${code}`);
        this.#members.delete(member);
        reject(failure);
        if (member.loaded) this.#lose(member, failure);
      });
    });
  }

  #lose(member: Member, reason: Error): void {
    const idleAt = this.#idle.indexOf(member);
    if (idleAt !== -1) this.#idle.splice(idleAt, 1);
    member.assignment?.reject(new WorkerLostError(reason.message));
    if (this.#closing) return;
    this.#options.onLost(reason);
    this.#replace(FIRST_RETRY_MS);
  }

  /** Until it succeeds, since what is in the way, such as a file that is being written anew, may go. */
  #replace(retryDelay: number): void {
    this.#hire().catch((error) => {
      if (this.#closing) return;
      this.#options.onLost(error);
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#replace(Math.min(2 * retryDelay, LAST_RETRY_MS));
      }, retryDelay);
      this.#timers.add(timer);
    });
  }
}
