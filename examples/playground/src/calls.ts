// Calls from the page to its workers, typed on both sides: what a worker serves is what the page may call.

/** What a worker serves, by name. Arguments and results are copied. */
export type Handlers = Readonly<Record<string, (...parameters: never[]) => unknown>>;

/** The same as the page sees it. */
export type Remote<H extends Handlers> = {
  readonly [Name in keyof H]: (...parameters: Parameters<H[Name]>) => Promise<Awaited<ReturnType<H[Name]>>>;
};

interface Call {
  readonly id: number;
  readonly name: string;
  readonly parameters: never[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: Failure;
}

interface Failure {
  readonly code: string | undefined;
  readonly message: string;
}

/** What a worker's handler has thrown. */
export class WorkerError extends Error {
  /** The library's code for the broken rule; undefined for errors of others. */
  readonly code: string | undefined;

  constructor({ code, message }: Failure) {
    super(message);
    this.name = "WorkerError";
    this.code = code;
  }
}

/** In a worker: answers calls, each as soon as it can. */
export function serveCalls(handlers: Handlers): void {
  addEventListener("message", async ({ data }: MessageEvent<Call>) => {
    const { id, name, parameters } = data;
    let answer: Answer;
    try {
      answer = { id, result: await handlers[name]!(...parameters) };
    } catch (error) {
      answer = { id, error: failureOf(error) };
    }
    postMessage(answer);
  });
}

export function failureOf(error: unknown): Failure {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return {
    code: typeof code === "string" ? code : undefined,
    message: typeof message === "string" ? message : String(error),
  };
}

/** In the page: functions that a worker carries out. Once its script has failed, all calls reject. */
export function callsTo<H extends Handlers>(worker: Worker): Remote<H> {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let failure: Error | undefined;
  let calls = 0;
  worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error === undefined) call?.resolve(data.result);
    else call?.reject(new WorkerError(data.error));
  });
  worker.addEventListener("error", ({ message }) => {
    failure = new Error(message || "the worker's script could not be loaded");
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  });
  const call =
    (name: string) =>
    (...parameters: unknown[]) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        const id = ++calls;
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, name, parameters });
      });
  // "then" would make the whole a promise to whoever awaits it.
  return new Proxy({}, { get: (_, name) => (name === "then" ? undefined : call(String(name))) }) as Remote<H>;
}

/**
 * Runs `work` on the newest input: while it runs others wait, and all but the last of those are passed over. So fast
 * typing never piles up.
 */
export function onNewest<Input>(work: (input: Input) => Promise<void>): (input: Input) => void {
  let next: { readonly input: Input } | undefined;
  let running = false;
  return async (input) => {
    next = { input };
    if (running) return;
    running = true;
    while (next !== undefined) {
      const current: Input = next.input;
      next = undefined;
      await work(current);
    }
    running = false;
  };
}
