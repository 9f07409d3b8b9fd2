import type { AggregationStrategy } from "electra-edge";
import { RequestError } from "./errors.ts";
import { MAX_BODY_BYTES, MAX_TEXT_LENGTH, MAX_TEXTS } from "./limits.ts";

/** What the model is asked; whether the pipeline can use the parameters is the pipeline's to say. */
export interface EntitiesRequest {
  readonly inputs: string | readonly string[];
  readonly parameters: {
    readonly aggregation_strategy?: AggregationStrategy;
    readonly ignore_labels?: readonly string[];
  };
}

const FIELDS = ["inputs", "parameters"];
const PARAMETERS = ["aggregation_strategy", "ignore_labels"];

/**
 * A text as it is (`text/plain`), or JSON as Hugging Face's inference API has it: `inputs`, a text or an array of texts,
 * and `parameters`.
 *
 * @throws {RequestError}
 */
export async function readEntitiesRequest(request: Request): Promise<EntitiesRequest> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (type === "text/plain") return { inputs: checkText(await readBody(request)), parameters: {} };
  if (type !== "application/json") {
    throw new RequestError(
      415,
      "unsupported-type",
      "the content-type must be application/json or text/plain",
    );
  }
  const body = parseObject(await readBody(request));
  refuseUnknown(body, FIELDS, "field");
  const { inputs, parameters = {} } = body;
  if (!isObject(parameters)) throw badRequest('"parameters" must be an object');
  refuseUnknown(parameters, PARAMETERS, "parameter");
  if (!Array.isArray(inputs)) return { inputs: checkText(inputs), parameters };
  if (inputs.length > MAX_TEXTS) {
    throw new RequestError(413, "too-many-inputs", `${inputs.length} texts; at most ${MAX_TEXTS} are taken`);
  }
  return { inputs: inputs.map(checkText), parameters };
}

const badRequest = (message: string) => new RequestError(400, "bad-request", message);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest("the body is no JSON that can be read"); // the engine's own message would quote it
  }
  if (!isObject(value)) throw badRequest("the body must be an object");
  return value;
}

function refuseUnknown(given: object, known: readonly string[], what: string): void {
  if (Object.keys(given).every((name) => known.includes(name))) return;
  throw badRequest(`there is a ${what} that isn't known; there are ${known.join(", ")}`);
}

function checkText(text: unknown): string {
  if (typeof text !== "string") throw badRequest('"inputs" must be a text or an array of texts');
  if (text.length <= MAX_TEXT_LENGTH) return text;
  const detail = `the text has ${text.length} characters; at most ${MAX_TEXT_LENGTH} are taken`;
  throw new RequestError(413, "text-too-long", detail);
}

/** Reads no further than the limit, whatever the headers say. */
async function readBody(request: Request): Promise<string> {
  const tooLarge = new RequestError(413, "body-too-large", `a body has at most ${MAX_BODY_BYTES} bytes`);
  if (Number(request.headers.get("content-length")) > MAX_BODY_BYTES) throw tooLarge;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let text = "";
  let size = 0;
  try {
    for await (const part of request.body ?? []) {
      size += part.length;
      if (size > MAX_BODY_BYTES) throw tooLarge;
      text += decoder.decode(part, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw badRequest("the body is not UTF-8, or was not whole");
    throw error;
  }
}
