import type { StartThread, Thread } from "./thread.ts";

export const startThread: StartThread = () =>
  // Written out in one expression, which is what bundlers look for.
  threadOf(new Worker(new URL("../team-member.browser.ts", import.meta.url), { type: "module" }));

/** Of a worker whose script is another. */
export function threadOf(worker: Worker): Thread {
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.addEventListener("message", ({ data }) => listener(data)),
    onEnd(listener) {
      worker.addEventListener("error", ({ message }) =>
        listener(message || "its script could not be loaded"),
      );
      worker.addEventListener("messageerror", () => listener("a message did not reach it"));
    },
    keepAlive() {},
    end: () => worker.terminate(),
  };
}
