import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { InputError, type InputErrorCode } from "../errors.ts";
import { ServingError, type ServingErrorCode } from "./errors.ts";

/** What every failed request gets. */
export const ERROR_SCHEMA = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: { code: { type: "string" }, message: { type: "string" } },
    },
  },
} as const;

interface Failure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Nobody reads it; nginx's number, for log and metrics. */
export const HUNG_UP = 499;

const SERVING_STATUS: Readonly<Record<ServingErrorCode, number>> = {
  "unknown-model": 404,
  "ambiguous-model": 400,
  "too-many-inputs": 413,
  overloaded: 429,
  "shutting-down": 503,
  unauthorized: 401,
  "worker-failed": 500,
  timeout: 503,
  "hung-up": HUNG_UP,
};

/** Others are 400. */
const INPUT_STATUS: Partial<Readonly<Record<InputErrorCode, number>>> = {
  "text-too-long": 413,
  "not-finite": 500, // the model's fault, though it may be one text alone that shows it
};

/** The framework's own errors. Its messages on bodies that are no JSON quote them, so those get others. */
const FRAMEWORK_FAILURES: Readonly<Record<string, Failure>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, code: "body-too-large", message: "the body is too large" },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: "not-json",
    message: "the content-type must be application/json",
  },
};

function failureOf(error: FastifyError): Failure {
  if (error instanceof ServingError) {
    return { status: SERVING_STATUS[error.code], code: error.code, message: error.message };
  }
  if (error instanceof InputError) {
    return { status: INPUT_STATUS[error.code] ?? 400, code: error.code, message: error.message };
  }
  if (error.validation !== undefined) return { status: 400, code: "bad-request", message: error.message };
  const known = FRAMEWORK_FAILURES[error.code];
  if (known !== undefined) return known;
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return { status: error.statusCode, code: "bad-request", message: "the body is no JSON that can be read" };
  }
  return { status: 500, code: "internal", message: "the server failed; its log says more" };
}

export function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { status, code, message } = failureOf(error);
  if (status === 500) request.log.error({ err: error }, "request failed");
  if (error instanceof ServingError && error.retryAfter !== undefined) {
    reply.header("retry-after", error.retryAfter);
  }
  reply.code(status).send({ error: { code, message } });
}

/** Answers what never became a request: it was malformed, or not whole in time. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, code, message] =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? ["408 Request Timeout", "request-too-slow", "the request was not whole in time"]
      : error.code === "HPE_HEADER_OVERFLOW"
        ? ["431 Request Header Fields Too Large", "headers-too-large", "the headers are too large"]
        : ["400 Bad Request", "bad-request", "this is no HTTP request"];
  const body = JSON.stringify({ error: { code, message } });
  const head = [
    `HTTP/1.1 ${status}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  // Whoever is slow to send may be slow to read, and to hang up.
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
