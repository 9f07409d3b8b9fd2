import { performance } from "node:perf_hooks";
import { fromErrorMessage, ServingError, WorkerLostError } from "./errors.ts";
import { Throughput } from "./throughput.ts";
import type { Answer, Batch } from "./worker.ts";

/** One input of a request. */
interface Job {
  readonly input: unknown;
  readonly tokens: number;
  /** Jobs of one group may run together: model and parameters are the same. */
  readonly group: Group;
  /** When it began to wait. */
  readonly since: number;
  readonly signal: AbortSignal;
  /** Whether a worker was lost with it, which it may have been the reason of. */
  suspect: boolean;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface Group {
  readonly key: string;
  readonly model: string;
  readonly parameters: object;
}

/** An input, and how many tokens it takes. */
export interface SizedInput {
  readonly input: unknown;
  readonly tokens: number;
}

export interface BatcherOptions {
  readonly maxBatchTokens: number;
  /** In milliseconds. */
  readonly maxWait: number;
  readonly maxQueue: number;
  /** In milliseconds; who would wait for half of it or longer is refused. */
  readonly requestTimeout: number;
  /** Told of each batch as it begins. */
  onBatch(model: string, inputs: number, tokens: number): void;
}

/** What runs batches; see `WorkerPool`. */
export interface BatchRunner {
  readonly idle: number;
  readonly ready: number;
  run(batch: Batch): Promise<readonly Answer[]>;
}

/** Brings the inputs of many requests together into batches, and refuses what it could not answer in time. */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #throughput = new Throughput();
  /** In the order in which they came. Those of a lost worker come before all others, and each runs alone. */
  readonly #waiting = new Set<Job>();
  readonly #suspects = new Set<Job>();
  #waitingTokens = 0;
  #runningTokens = 0;
  #runner: BatchRunner | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /** How many inputs wait. */
  get queueLength(): number {
    return this.#waiting.size + this.#suspects.size;
  }

  /** Seconds until what waits and runs now is done, at the rate of late. */
  get delay(): number {
    const workers = Math.max(1, this.#runner?.ready ?? 1);
    return this.#throughput.secondsFor(this.#waitingTokens + this.#runningTokens) / workers;
  }

  /** What is submitted before waits until this is called. */
  start(runner: BatchRunner): void {
    this.#runner = runner;
    this.dispatch();
  }

  /**
   * Runs inputs of one request; rejects with the first error of any.
   *
   * @param signal drops what has not begun; rejects with its reason
   * @throws {ServingError} `overloaded` where too much waits; `too-many-inputs` where they never fit
   */
  async submit(
    model: string,
    parameters: object,
    inputs: readonly SizedInput[],
    signal: AbortSignal,
  ): Promise<unknown[]> {
    signal.throwIfAborted();
    this.#admit(inputs.length);
    const group: Group = { key: JSON.stringify([model, parameters]), model, parameters };
    const since = performance.now();
    const jobs = new Set<Job>();
    const dropAll = () => {
      for (const job of jobs) this.#drop(job);
      this.dispatch();
    };
    const results = inputs.map(
      ({ input, tokens }) =>
        new Promise<unknown>((resolve, reject) => {
          const job = { input, tokens, group, since, signal, suspect: false, resolve, reject };
          jobs.add(job);
          this.#waiting.add(job);
          this.#waitingTokens += tokens;
        }),
    );
    signal.addEventListener("abort", dropAll, { once: true });
    this.dispatch();
    try {
      return await Promise.all(results);
    } finally {
      signal.removeEventListener("abort", dropAll);
      // Where one has failed, nobody asks for the others any more.
      dropAll();
    }
  }

  /** Gives idle workers what waits. Called whenever that, or whether one is idle, has changed. */
  dispatch(): void {
    clearTimeout(this.#timer);
    while (this.#runner !== undefined && this.#runner.idle > 0) {
      const [suspect] = this.#suspects;
      if (suspect !== undefined) {
        void this.#run([suspect]);
        continue;
      }
      const [first] = this.#waiting;
      if (first === undefined) return;
      const { jobs, full } = this.#fill(first);
      const wait = first.since + this.#options.maxWait - performance.now();
      if (!full && wait > 0) {
        this.#timer = setTimeout(() => this.dispatch(), wait);
        return;
      }
      void this.#run(jobs);
    }
  }

  #admit(inputs: number): void {
    const { maxQueue, requestTimeout } = this.#options;
    if (inputs > maxQueue) {
      throw new ServingError("too-many-inputs", `a request may hold ${maxQueue} inputs, not ${inputs}`);
    }
    const { delay } = this;
    if (this.queueLength + inputs > maxQueue || delay * 1000 > requestTimeout / 2) {
      const message = `${this.queueLength} inputs wait already; ask again later`;
      throw new ServingError("overloaded", message, Math.max(1, Math.ceil(delay)));
    }
  }

  /** The jobs to run with `first`, in their order, and whether another would have been too many. */
  #fill(first: Job): { jobs: readonly Job[]; full: boolean } {
    const jobs: Job[] = [];
    let room = this.#options.maxBatchTokens;
    for (const job of this.#waiting) {
      if (job.group.key !== first.group.key) continue;
      if (jobs.length > 0 && job.tokens > room) return { jobs, full: true };
      jobs.push(job);
      room -= job.tokens;
    }
    return { jobs, full: room <= 0 };
  }

  async #run(jobs: readonly Job[]): Promise<void> {
    const { model, parameters } = jobs[0]!.group;
    const tokens = jobs.reduce((sum, job) => sum + job.tokens, 0);
    for (const job of jobs) this.#drop(job);
    this.#runningTokens += tokens;
    this.#options.onBatch(model, jobs.length, tokens);
    const started = performance.now();
    try {
      const answers = await this.#runner!.run({ model, parameters, inputs: jobs.map(({ input }) => input) });
      this.#throughput.add(tokens, (performance.now() - started) / 1000);
      jobs.forEach((job, i) => {
        const answer = answers[i]!;
        if ("error" in answer) job.reject(fromErrorMessage(answer.error));
        else job.resolve(answer.result);
      });
    } catch (error) {
      for (const job of jobs) this.#retry(job, error as Error);
    } finally {
      this.#runningTokens -= tokens;
    }
    this.dispatch();
  }

  /** Once, and alone, so that an input that ends workers takes no other with it. */
  #retry(job: Job, error: Error): void {
    if (!(error instanceof WorkerLostError)) {
      job.reject(error);
    } else if (job.suspect) {
      job.reject(new ServingError("worker-failed", "two workers ended over this input"));
    } else if (!job.signal.aborted) {
      job.suspect = true;
      this.#suspects.add(job);
      this.#waitingTokens += job.tokens;
    }
  }

  #drop(job: Job): void {
    if (this.#waiting.delete(job) || this.#suspects.delete(job)) this.#waitingTokens -= job.tokens;
    if (job.signal.aborted) job.reject(job.signal.reason);
  }
}
