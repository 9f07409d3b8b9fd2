import { EngineError, InputError, ModelFileError } from "electra-edge";

/** A request that gets no entities, and what it gets. */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The model can't be had just now. */
export const modelUnavailable = (detail: string) =>
  new RequestError(503, "model-unavailable", detail, { "retry-after": "2" });

function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof InputError) return new RequestError(400, error.code, error.message);
  console.error(error);
  if (error instanceof ModelFileError || error instanceof EngineError) {
    return modelUnavailable("the model could not be loaded; the log says more");
  }
  return new RequestError(500, "internal", "the Worker failed; the log says more");
}

export function errorResponse(error: unknown): Response {
  const { status, code, message, headers } = toRequestError(error);
  return Response.json({ error: { code, message } }, { status, headers });
}
