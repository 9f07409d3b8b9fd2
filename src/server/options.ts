/** How a server behaves; `docs/deploy/server.md` says how to choose. Times are in milliseconds. */
export interface ServerOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** What a request must show as `Authorization: Bearer …`; undefined where anyone may ask. */
  readonly token: string | undefined;
  /** Threads that run models, each with its own copy of all of them. */
  readonly workers: number;
  /** How many tokens run together at most; one longer text runs by itself. */
  readonly maxBatchTokens: number;
  /** How long a text may wait for others to run with while a worker is free. */
  readonly maxWait: number;
  /** How many inputs may wait; and so how many one request may hold. */
  readonly maxQueue: number;
  /** Bytes of a request's body. */
  readonly maxBody: number;
  /** UTF-16 units of one text. */
  readonly maxTextLength: number;
  /** From a request's first line to its answer. */
  readonly requestTimeout: number;
  /** In which a request must have arrived whole. */
  readonly bodyTimeout: number;
  /** How long accepted requests may take to finish once the server is told to stop. */
  readonly shutdownTimeout: number;
  readonly logLevel: LogLevel;
}

export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export const DEFAULT_OPTIONS: ServerOptions = {
  host: "127.0.0.1",
  port: 8080,
  token: undefined,
  workers: 1,
  maxBatchTokens: 512,
  maxWait: 2,
  maxQueue: 256,
  maxBody: 2 ** 20,
  maxTextLength: 10_000,
  requestTimeout: 10_000,
  bodyTimeout: 5000,
  shutdownTimeout: 10_000,
  logLevel: "info",
};
