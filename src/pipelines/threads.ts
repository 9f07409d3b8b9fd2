import { InputError } from "../errors.ts";
import { type StartThread, threadsUnavailable } from "../wasm/thread.ts";

/** How many threads share the work of a model, and if it is one where more were asked for, why. */
export interface ThreadChoice {
  readonly threads: number;
  readonly threadsReason: string | undefined;
}

const THREAD_LIMIT = 64;

/** Beyond it sequences of a few hundred tokens gain nothing: threads meet twice in every layer. */
const AUTO_LIMIT = 4;

/**
 * @param asked the option as the user gave it
 * @param startThread undefined where the platform has no threads
 * @param cores of the machine
 * @throws {InputError} `bad-option`
 */
export function chooseThreads(asked: unknown, startThread: StartThread | undefined, cores = 1): ThreadChoice {
  if (
    asked !== "auto" &&
    !(Number.isInteger(asked) && (asked as number) >= 1 && (asked as number) <= THREAD_LIMIT)
  ) {
    throw new InputError(
      "bad-option",
      `threads must be "auto" or an integer from 1 to ${THREAD_LIMIT}, not ${JSON.stringify(asked)}`,
    );
  }
  if (asked === 1) return { threads: 1, threadsReason: undefined };
  const threadsReason = startThread === undefined ? "this platform has no threads" : threadsUnavailable();
  if (threadsReason !== undefined) return { threads: 1, threadsReason };
  if (asked !== "auto") return { threads: asked as number, threadsReason: undefined };
  return {
    threads: Math.min(cores, AUTO_LIMIT),
    threadsReason: cores > 1 ? undefined : "this machine has one core",
  };
}
