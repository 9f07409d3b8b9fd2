import type { ServerResponse } from "node:http";
import { ServingError } from "./errors.ts";

/**
 * Does work for as long as its answer is waited for. Not the framework's `request.signal`, which is aborted as soon as a
 * body has been read.
 *
 * @param work is to heed the signal, and reject with its reason
 * @param milliseconds after which the signal aborts
 * @throws {ServingError} `timeout`, or `hung-up` where the client did
 */
export async function whileAwaited<T>(
  response: ServerResponse,
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new ServingError("timeout", `there was no answer within ${milliseconds} ms`));
  }, milliseconds);
  const hungUp = () => controller.abort(new ServingError("hung-up", "the client hung up"));
  response.once("close", hungUp);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    response.off("close", hungUp);
  }
}
