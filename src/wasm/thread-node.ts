import { Worker } from "node:worker_threads";
import type { StartThread, Thread } from "./thread.ts";

export const startThread: StartThread = () =>
  threadOf(new Worker(new URL("../team-member.node.ts", import.meta.url)));

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
