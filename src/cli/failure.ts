import { CommanderError } from "commander";

export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;

/** The command line itself makes no sense. */
export class UsageError extends Error {}

export function exitCodeOf(error: unknown): number {
  // Commander reports --help and --version as errors with code 0, and all else that it finds as usage errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
}

/** One line that says what went wrong; with `debug`, the stack too. */
export function describeFailure(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return String(error);
  if (debug) return error.stack ?? error.message;
  const hint = error instanceof UsageError ? " (see --help)" : "";
  return error.message.replace(/\s*\n\s*/gu, " ") + hint;
}

/** Whether the reader of our output has gone away, as `head` does; no failure. */
export function isBrokenPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === "EPIPE";
}
