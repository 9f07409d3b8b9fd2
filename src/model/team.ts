import { EngineError } from "../errors.ts";
import type { StartThread, Thread } from "../wasm/thread.ts";
import type { Answer } from "./team-member.ts";

/** Threads that share work, told them in jobs. The main thread only waits, and stays free for other things. */
export class Team<Job> {
  readonly #threads: readonly Thread[];
  #waiting: { left: number; resolve(): void; reject(error: Error): void } | undefined;
  #failure: EngineError | undefined;

  private constructor(threads: readonly Thread[]) {
    this.#threads = threads;
    for (const thread of threads) {
      thread.onMessage((answer) => this.#receive(answer as Answer));
      thread.onEnd((reason) => this.#fail(reason));
    }
  }

  /**
   * @param joining the first message to each
   * @throws {EngineError} `thread-failed` where a thread can't be started
   */
  static async start<Job>(
    startThread: StartThread,
    threads: number,
    joining: (thread: number) => unknown,
  ): Promise<Team<Job>> {
    const team = new Team<Job>(await Promise.all(Array.from({ length: threads }, startThread)));
    await team.#ask(joining);
    return team;
  }

  /**
   * Has every thread do its share.
   *
   * @throws {EngineError} `thread-failed` where a thread died, now or before
   */
  run(job: Job): Promise<void> {
    return this.#ask(() => job);
  }

  end(): void {
    this.#fail("it was ended");
  }

  async #ask(message: (thread: number) => unknown): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    for (const thread of this.#threads) thread.keepAlive(true);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiting = { left: this.#threads.length, resolve, reject };
        this.#threads.forEach((thread, index) => {
          thread.post(message(index));
        });
      });
    } finally {
      this.#waiting = undefined;
      for (const thread of this.#threads) thread.keepAlive(false);
    }
  }

  #receive({ failure }: Answer): void {
    if (failure !== undefined) this.#fail(failure);
    else if (this.#waiting !== undefined && --this.#waiting.left === 0) this.#waiting.resolve();
  }

  /** One thread's failure is the team's: the others would wait for it for ever. */
  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new EngineError("thread-failed", `a thread of this model failed: ${reason}`);
    this.#waiting?.reject(this.#failure);
    for (const thread of this.#threads) thread.end();
  }
}
