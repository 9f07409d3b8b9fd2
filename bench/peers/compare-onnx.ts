// Runs ONNX files of one model side by side in onnxruntime-web and prints, for each, its median time, the median of its
// times over the first file's, and how far its outputs are from the first's.
//   node bench/peers/compare-onnx.ts TOKENS SECONDS FILE...
import { interleave, median } from "./measure.ts";
import { electraFeeds, importOnnxruntimeWeb, QUIET } from "./peers.ts";

const [tokens, seconds, ...files] = process.argv.slice(2) as [string, string, ...string[]];
const ort = await importOnnxruntimeWeb(1);
// Low ids, which every vocabulary has.
const ids = Array.from({ length: Number(tokens) }, (_, i) => (i * 7919) % 101);
const feeds = electraFeeds(ort, [ids]);
const sessions = await Promise.all(
  files.map((file) => ort.InferenceSession.create(file, { executionProviders: ["wasm"], ...QUIET })),
);
const logits = await Promise.all(
  sessions.map(async (session) => Float64Array.from((await session.run(feeds))["logits"]!.data)),
);
const timings = await interleave(
  sessions.map((session, i) => ({ name: files[i]!, run: () => session.run(feeds) })),
  { budget: Number(seconds) * 1000, fewest: 9, most: 1001 },
);
const norm = (values: Float64Array) => Math.hypot(...values);
const first = timings.get(files[0]!)!;
const results = files.map((file, i) => {
  const times = timings.get(file)!;
  return {
    file,
    milliseconds: median(times),
    ratio: median(times.map((time, round) => time / first[round]!)),
    error: norm(logits[i]!.map((value, at) => value - logits[0]![at]!)) / norm(logits[0]!),
  };
});
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit());
