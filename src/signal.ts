import { InputError } from "./errors.ts";

/** @throws {InputError} `bad-option` where it is given and no AbortSignal, of this realm or another */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined || typeof signal?.throwIfAborted === "function") return;
  throw new InputError(
    "bad-option",
    `signal must be an AbortSignal, not ${signal === null ? "null" : typeof signal}`,
  );
}

/** Lets the event loop go round once: between two pieces of work nothing else runs, whatever would abort included. */
export async function turnOf(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise((resolve) => setTimeout(resolve));
  signal.throwIfAborted();
}
