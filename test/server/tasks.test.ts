import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type FeatureTensor, pipeline } from "../../src/index.node.ts";
import type { Task } from "../../src/model/config.ts";
import { DEFAULT_OPTIONS } from "../../src/server/options.ts";
import { readServedModels } from "../../src/server/served-model.ts";
import { type Server, startServer } from "../../src/server/server.ts";
import { convertHead } from "../pipelines/heads.ts";
import { CONTENT } from "./serving.ts";

const PAIR = { text: "x + y = 3 、 あ い", text_pair: "hello ★!" };
const CHOICES = { context: PAIR.text, choices: ["3", "hello", "★ 7 か ♪"] };
const QUESTION = { question: "x + y = 3?", context: "あ い 、 hello ★! x + y = 3 、 あ い" };

/** A checkpoint for each task, inputs, and parameters to call it with. */
const CASES: readonly [task: Task, checkpoint: string, inputs: readonly unknown[], parameters: object[]][] = [
  ["token-classification", "token-classification", [PAIR.text, PAIR.text_pair], [{ ignore_labels: [] }]],
  ["text-classification", "sequence-classification", [PAIR.text, PAIR], [{}, { top_k: 2 }, { top_k: null }]],
  ["multiple-choice", "multiple-choice", [CHOICES, { ...CHOICES, choices: ["one"] }], [{}]],
  ["question-answering", "question-answering", [QUESTION, QUESTION], [{}, { top_k: 3 }]],
  ["fill-mask", "masked-lm", ["あ い [MASK] え", "[MASK] い [MASK]"], [{}, { top_k: 2 }]],
  ["replaced-token-detection", "pretraining", [PAIR.text, ""], [{}, { threshold: 0.5 }]],
  [
    "feature-extraction",
    "token-classification",
    [PAIR.text, "あ"],
    [{}, { pooling: "mean", normalize: true }],
  ],
];

describe("a server of every task", { timeout: 120_000 }, () => {
  let server: Server;
  let folder: string;
  const pathOf = (task: Task) => join(folder, `${task}.safetensors`);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-serve-"));
    for (const [task, checkpoint] of CASES) {
      const architecture = task === "feature-extraction" ? { architectures: ["ElectraModel"] } : {};
      await writeFile(pathOf(task), await convertHead(checkpoint, architecture));
    }
    const models = await readServedModels(CASES.map(([task]) => ({ name: task, source: pathOf(task) })));
    const options = { ...DEFAULT_OPTIONS, port: 0, requestTimeout: 60_000, logLevel: "silent" } as const;
    server = await startServer(models, options, "0.0.0");
  });
  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true });
  });

  const ask = async (task: Task, body: object) => {
    const init = { method: "POST", headers: CONTENT, body: JSON.stringify(body) };
    const response = await fetch(`${server.address}/v1/${task}`, init);
    return [response.status, await response.json()];
  };

  for (const [task, , inputs, sets] of CASES) {
    it(`gives what the pipeline for ${task} gives for each input by itself`, async () => {
      const run = (await pipeline(task, pathOf(task))) as unknown as Run;
      for (const parameters of sets) {
        const expected: unknown[] = [];
        for (const input of inputs) expected.push(nested(await run(input, parameters)));
        assert.deepEqual(await ask(task, { inputs: inputs[0], parameters }), [200, expected[0]]);
        assert.deepEqual(await ask(task, { inputs, parameters }), [200, expected]);
      }
      run.dispose();
    });
  }

  it("describes every one of them, and holds inputs to their schemas", async () => {
    const { paths } = (await (await fetch(`${server.address}/openapi.json`)).json()) as { paths: object };
    for (const [task] of CASES) assert.ok(`/v1/${task}` in paths, task);
    const refused: readonly [Task, object][] = [
      ["question-answering", { inputs: { question: "?" } }],
      ["multiple-choice", { inputs: { context: "a", choices: [] } }],
      ["multiple-choice", { inputs: [CHOICES, "a"] }],
      ["text-classification", { inputs: { text: "a", pair: "b" } }],
      ["text-classification", { inputs: "a", parameters: { top_k: 0 } }],
      ["fill-mask", { inputs: "no mask" }],
      ["fill-mask", { inputs: "[MASK]", parameters: { targets: "no such token" } }],
      ["token-classification", { inputs: "a", parameters: { constraints: { fixed: [1] } } }],
    ];
    for (const [task, body] of refused) assert.equal((await ask(task, body))[0], 400, JSON.stringify(body));
  });
});

interface Run {
  (input: unknown, parameters: object): Promise<unknown>;
  dispose(): void;
}

/** Tensors as JSON has them: arrays of their rows. */
function nested(result: unknown): unknown {
  const { dims, data } = result as FeatureTensor;
  if (dims === undefined) return JSON.parse(JSON.stringify(result));
  const width = dims.at(-1)!;
  const rows: number[][] = [];
  for (let at = 0; at < data.length; at += width) rows.push([...data.subarray(at, at + width)]);
  return dims.length === 2 ? rows[0] : rows;
}
