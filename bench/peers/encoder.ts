import { type Engine, openOrtNode, openOrtWeb, openOurs } from "./engines.ts";
import { compare, type Effort, interleave, type Row } from "./measure.ts";
import { type BenchModel, sampleText } from "./models.ts";

/** Ours and the peer's, by the names of the engines. */
const PAIRS = [
  ["f32", "ort-web-f32"],
  ["f32-relaxed", "ort-web-f32"],
  ["int8", "ort-web-int8"],
  ["int8-relaxed", "ort-web-int8"],
  ["f32", "ort-node-f32"],
  ["f32-relaxed", "ort-node-f32"],
  ["int8", "ort-node-f32"],
  ["int8-relaxed", "ort-node-f32"],
] as const;

/** Every engine on so many threads that there is. */
async function openEngines({ f32, int8, onnxF32, onnxInt8 }: BenchModel, threads: number): Promise<Engine[]> {
  const engines = [
    await openOurs("f32", f32, { kernels: "simd", threads }),
    await openOrtWeb("ort-web-f32", onnxF32, threads),
    await openOurs("f32-relaxed", f32, { kernels: "relaxed", threads }),
    await openOurs("int8", int8, { kernels: "simd", threads }),
    await openOrtWeb("ort-web-int8", onnxInt8, threads),
    await openOurs("int8-relaxed", int8, { kernels: "relaxed", threads }),
    await openOrtNode("ort-node-f32", onnxF32, threads),
  ];
  return engines.filter((engine) => engine !== undefined);
}

/** Our paths against onnxruntime's, a text of each length at a time. */
export async function benchEncoder(
  model: BenchModel,
  lengths: readonly number[],
  threads: number,
  effort: Effort,
): Promise<Row[]> {
  const engines = await openEngines(model, threads);
  const rows: Row[] = [];
  for (const tokens of lengths) {
    const sample = await sampleText(tokens);
    const timings = await interleave(
      engines.map((engine) => engine.on(sample)),
      effort,
    );
    for (const [ours, peer] of PAIRS) {
      rows.push(
        ...compare(timings, [ours, peer], { figure: `${ours}/${peer}`, shape: model.shape, tokens, threads }),
      );
    }
  }
  for (const engine of engines) await engine.dispose();
  return rows;
}

/** What a second thread of ours brings, on our fastest path. */
export async function benchThreads(
  model: BenchModel,
  lengths: readonly number[],
  effort: Effort,
): Promise<Row[]> {
  const open = async (threads: number) =>
    (await openOurs(`${threads}`, model.int8, { kernels: "relaxed", threads })) ??
    (await openOurs(`${threads}`, model.int8, { kernels: "simd", threads }));
  const [one, two] = [await open(1), await open(2)];
  const engines = [one, two].filter((engine) => engine !== undefined);
  const rows: Row[] = [];
  for (const tokens of engines.length === 2 ? lengths : []) {
    const sample = await sampleText(tokens);
    const timings = await interleave(
      engines.map((engine) => engine.on(sample)),
      effort,
    );
    const place = { figure: "threads-2/threads-1", shape: model.shape, tokens, threads: 2 };
    rows.push(...compare(timings, ["2", "1"], place));
  }
  for (const engine of engines) await engine.dispose();
  return rows;
}
