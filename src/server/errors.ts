import { ElectraEdgeError, InputError, type InputErrorCode } from "../errors.ts";

export type ServingErrorCode =
  | "unknown-model"
  | "ambiguous-model"
  | "too-many-inputs"
  | "overloaded"
  | "shutting-down"
  | "unauthorized"
  | "worker-failed"
  | "timeout"
  | "hung-up";

/** The server can't do what a request asks for. */
export class ServingError extends ElectraEdgeError {
  override readonly code: ServingErrorCode;
  /** Seconds after which to ask again; of `overloaded`. */
  readonly retryAfter: number | undefined;

  constructor(code: ServingErrorCode, message: string, retryAfter?: number) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** A worker ended, or was ended, with a batch in its hands. */
export class WorkerLostError extends Error {}

/** An error as it crosses from a thread to another, where it would lose its class. */
export interface ErrorMessage {
  /** Undefined for what was not thrown on purpose. */
  readonly code: InputErrorCode | undefined;
  readonly message: string;
}

export function toErrorMessage(error: unknown): ErrorMessage {
  const code = error instanceof InputError ? error.code : undefined;
  return { code, message: error instanceof Error ? error.message : String(error) };
}

export function fromErrorMessage({ code, message }: ErrorMessage): Error {
  return code === undefined ? new Error(message) : new InputError(code, message);
}
