// The same with onnxruntime-web, which is spared the tokenizer and the labels. Arguments: a model file, ids.
import { peakBytes } from "./memory.ts";

const [model, ids] = process.argv.slice(2) as [string, string];
const residentBefore = process.memoryUsage.rss();
const started = performance.now();
const ort = await import(new URL("node_modules/onnxruntime-web/dist/ort.node.min.mjs", import.meta.url).href);
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(model, {
  executionProviders: ["wasm"],
  logSeverityLevel: 3,
});
const loaded = peakBytes();
const inputIds = BigInt64Array.from(JSON.parse(ids), BigInt);
const tensor = (data: BigInt64Array) => new ort.Tensor("int64", data, [1, data.length]);
await session.run({
  input_ids: tensor(inputIds),
  attention_mask: tensor(inputIds.map(() => 1n)),
  token_type_ids: tensor(inputIds.map(() => 0n)),
});
const milliseconds = performance.now() - started;
console.log(
  JSON.stringify({
    milliseconds,
    loading: loaded - residentBefore,
    running: process.memoryUsage.rss() - residentBefore,
  }),
);
