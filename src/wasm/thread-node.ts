import type { Worker } from "node:worker_threads";
import type { Thread } from "./thread.ts";

/** A `StartThread`. */
export async function startThread(): Promise<Thread> {
  // Here, since whoever wants no threads need not wait for the module.
  const { Worker } = await import("node:worker_threads");
  return threadOf(new Worker(new URL("../team-member.node.ts", import.meta.url)));
}

/** Of a worker whose script is another. */
export function threadOf(worker: Worker): Thread {
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on("message", listener),
    onEnd(listener) {
      let reason: string | undefined;
      worker.on("error", (error) => {
        reason = String(error);
      });
      worker.on("exit", (code) => listener(reason ?? `it exited with code ${code}`));
    },
    keepAlive: (alive) => (alive ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
}
