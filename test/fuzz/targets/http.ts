import type { FastifyInstance } from "fastify";
import type { Task } from "../../../src/model/config.ts";
import { Batcher, type BatchRunner } from "../../../src/server/batcher.ts";
import { DEFAULT_OPTIONS, type ServerOptions } from "../../../src/server/options.ts";
import { inferenceRoutes } from "../../../src/server/routes/inference.ts";
import type { ServedModel } from "../../../src/server/served-model.ts";
import { createApp } from "../../../src/server/server.ts";
import { tokenizerOver } from "../../../src/text/build-vocab.ts";
import { createTokenizer } from "../../../src/text/tokenizer.ts";
import type { Target } from "../target.ts";

const TASKS = [
  "token-classification",
  "text-classification",
  "multiple-choice",
  "question-answering",
] as const;

const VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"];
const TOKENIZER = createTokenizer({
  ...tokenizerOver(VOCABULARY, "characters", true),
  mask_token: null,
});

const OPTIONS: ServerOptions = { ...DEFAULT_OPTIONS, logLevel: "silent", maxWait: 0, maxTextLength: 100 };

/** In the place of workers: what is sent to one is copied as a message is. */
const RUNNER: BatchRunner = {
  idle: 1,
  ready: 1,
  run: async (batch) => structuredClone(batch).inputs.map(() => ({ result: [] })),
};

const server = createServer();

async function createServer(): Promise<FastifyInstance> {
  const models = TASKS.map(
    (task: Task): ServedModel => ({ name: task, source: "", task, tokenizer: TOKENIZER }),
  );
  const app = createApp(models, OPTIONS);
  const batcher = new Batcher({ ...OPTIONS, onBatch() {} });
  batcher.start(RUNNER);
  inferenceRoutes(app, models, batcher, OPTIONS);
  await app.ready();
  return app;
}

const body = (task: number, value: unknown) => Buffer.from(`${task}${JSON.stringify(value)}`);

/** The first byte says which task is asked for; the others are the request's body. */
export const target: Target = {
  async parse(bytes) {
    const { statusCode, payload } = await (await server).inject({
      method: "POST",
      url: `/v1/${TASKS[(bytes[0] ?? 0) % TASKS.length]}`,
      headers: { "content-type": "application/json" },
      payload: Buffer.from(bytes.subarray(1)),
    });
    if (statusCode >= 500 || (statusCode !== 200 && !/^\{"error":\{"code":"/.test(payload))) {
      throw new Error(`answered ${statusCode}: ${payload}`);
    }
  },
  seeds: () => [
    body(0, {
      inputs: ["a", "b"],
      parameters: { aggregation_strategy: "none", n_best: 2, constraints: { a: [1] } },
    }),
    body(1, { inputs: { text: "a", text_pair: "b" }, parameters: { top_k: null } }),
    body(2, { inputs: { context: "a", choices: ["b", "c"] } }),
    body(3, { inputs: [{ question: "a", context: "b" }], model: "question-answering" }),
  ],
  maxLength: 400,
  sources: [
    "src/server/routes/inference.ts",
    "src/server/batcher.ts",
    "src/server/tasks.ts",
    "src/server/error-responses.ts",
    "src/text/tokenizer.ts",
  ],
  dictionary: [
    '"inputs":',
    '"parameters":',
    '"model":',
    '"__proto__":',
    '"constructor":{"prototype":',
    "\\ud800",
  ],
};
