/** A thread of the platform: a Web Worker, or a worker thread of Node. */
export interface Thread {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once when the thread has failed or ended, asked to or not. */
  onEnd(listener: (reason: string) => void): void;
  /** Whether a program that has nothing else to do should wait for this thread. */
  keepAlive(alive: boolean): void;
  end(): void;
}

/** Starts a thread that serves `src/model/team-member.ts`. */
export type StartThread = () => Thread | Promise<Thread>;

/** Why there can be no threads here; undefined where there can. */
export function threadsUnavailable(): string | undefined {
  if (typeof SharedArrayBuffer === "undefined") {
    return "SharedArrayBuffer is missing: a page must be cross-origin isolated (COOP and COEP headers) to have it";
  }
  if (globalThis.crossOriginIsolated === false) {
    return "this page is not cross-origin isolated: it lacks the COOP and COEP headers";
  }
  return undefined;
}
