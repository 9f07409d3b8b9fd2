import type { FastifyInstance } from "fastify";
import { InputError } from "../../errors.ts";
import type { Task } from "../../model/config.ts";
import { assertText } from "../../text/tokenizer.ts";
import type { Batcher, SizedInput } from "../batcher.ts";
import { whileAwaited } from "../deadline.ts";
import { ERROR_SCHEMA } from "../error-responses.ts";
import { ServingError } from "../errors.ts";
import type { ServedModel } from "../served-model.ts";
import { SERVED_TASKS } from "../tasks.ts";

interface InferenceBody {
  readonly inputs: unknown;
  readonly parameters?: object;
  readonly model?: string;
}

export interface InferenceOptions {
  readonly maxTextLength: number;
  /** In milliseconds. */
  readonly requestTimeout: number;
}

const REFUSALS = [400, 401, 404, 408, 413, 415, 429, 500, 503];

/** `POST /v1/TASK` for every task of a loaded model, as Hugging Face's inference API shapes it. */
export function inferenceRoutes(
  app: FastifyInstance,
  models: readonly ServedModel[],
  batcher: Batcher,
  { maxTextLength, requestTimeout }: InferenceOptions,
): void {
  for (const task of new Set(models.map((model) => model.task))) {
    const own = models.filter((model) => model.task === task);
    app.post<{ Body: InferenceBody }>(
      `/v1/${task}`,
      { schema: routeSchema(task, own) },
      async ({ body }, reply) => {
        const model = chooseModel(own, task, body.model);
        const isArray = Array.isArray(body.inputs);
        const inputs: readonly unknown[] = isArray ? (body.inputs as unknown[]) : [body.inputs];
        const sized = inputs.map((input) => measure(input, model, maxTextLength));
        const results = await whileAwaited(reply.raw, requestTimeout, (signal) =>
          batcher.submit(model.name, body.parameters ?? {}, sized, signal),
        );
        return isArray ? results : results[0];
      },
    );
  }
}

function chooseModel(own: readonly ServedModel[], task: Task, name: string | undefined): ServedModel {
  const names = own.map((model) => model.name).join(", ");
  if (name === undefined) {
    if (own.length === 1) return own[0]!;
    throw new ServingError("ambiguous-model", `several models do ${task}; "model" must name one: ${names}`);
  }
  const model = own.find((candidate) => candidate.name === name);
  if (model !== undefined) return model;
  throw new ServingError("unknown-model", `no such model for ${task}; there are ${names}`);
}

/** @throws {InputError} `lone-surrogate`, `text-too-long` */
function measure(input: unknown, { task, tokenizer }: ServedModel, maxTextLength: number): SizedInput {
  let tokens = 0;
  for (const text of SERVED_TASKS[task].textsOf(input as never)) {
    assertText(text);
    if (text.length > maxTextLength) {
      const detail = `the text has ${text.length} characters; this server takes at most ${maxTextLength}`;
      throw new InputError("text-too-long", detail);
    }
    tokens += tokenizer.encode(text).ids.length;
  }
  return { input, tokens };
}

function routeSchema(task: Task, own: readonly ServedModel[]) {
  const { summary, input, parameters, output } = SERVED_TASKS[task];
  return {
    summary,
    body: {
      type: "object",
      required: ["inputs"],
      additionalProperties: false,
      properties: {
        inputs: { anyOf: [input, { type: "array", items: input }] },
        parameters: { type: "object", additionalProperties: false, properties: parameters },
        model: { type: "string", description: `one of ${own.map(({ name }) => name).join(", ")}` },
      },
    },
    response: {
      200: {
        description: "of one input its result, of an array an array of theirs",
        anyOf: [output, { type: "array", items: output }],
      },
      ...Object.fromEntries(REFUSALS.map((status) => [status, ERROR_SCHEMA])),
    },
  };
}
