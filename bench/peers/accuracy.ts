import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertModelFile } from "../../src/convert/index.ts";
import { exportOnnx } from "../../src/convert/onnx/export.ts";
import { packSequences } from "../../src/model/batch.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { acceptsPath, KERNEL_PATHS, selectKernels } from "../../src/wasm/kernel-path.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { readCheckpoint, values } from "../../test/reference/checkpoint.ts";
import { relativeError } from "../../test/reference/math.ts";
import { WAYBILL_MODEL } from "../../test/runtimes/sample.ts";
import { electraFeeds, importOnnxruntimeWeb, QUIET } from "./peers.ts";

/** How far what an engine computes is from PyTorch in float32. */
export interface Accuracy {
  readonly engine: string;
  /** ‖logits − PyTorch's‖ / ‖PyTorch's‖, over the texts whose logits are known. */
  readonly error: number;
  /** The part of all labels on the CRF's best path that PyTorch gives too; undefined where there is no CRF. */
  readonly labels: number | undefined;
}

const fixture = (name: string) => new URL(`../../test/fixtures/waybill-made-up/${name}`, import.meta.url);
const OUT = fileURLToPath(new URL("../../build/bench/", import.meta.url));
/** Texts whose logits PyTorch wrote down, the first of all. */
const DETAILED = 20;

interface Text {
  readonly ids: readonly number[];
  readonly viterbi: readonly number[];
}

/** A waybill tagger on the made-up waybills, on every path and in onnxruntime-web. */
export async function measureAccuracy(): Promise<Accuracy[]> {
  const texts: Text[] = JSON.parse(await readFile(fixture("expected.json"), "utf8"));
  const expected = readCheckpoint(fixture("expected.safetensors"));
  const logits = texts.slice(0, DETAILED).map((_, i) => values(expected, `${i}.emissions`));
  const results: Accuracy[] = [];
  for (const dtype of ["f32", "int8", "int4"] as const) {
    const file = join(OUT, `waybill-zh.${dtype}.safetensors`);
    await convertModelFile(WAYBILL_MODEL, file, { dtype });
    for (const path of KERNEL_PATHS.filter(acceptsPath)) {
      results.push({ engine: `${dtype}, ${path}`, ...(await measureOurs(file, path, texts, logits)) });
    }
  }
  for (const dtype of ["fp32", "int8"] as const) {
    const file = join(OUT, `waybill-zh.${dtype}.onnx`);
    await exportOnnx(WAYBILL_MODEL, file, { dtype });
    const error = await measureOrtWeb(file, texts, logits);
    results.push({ engine: `onnxruntime-web ${dtype}`, error, labels: undefined });
  }
  return results;
}

async function measureOurs(
  file: string,
  path: (typeof KERNEL_PATHS)[number],
  texts: readonly Text[],
  expected: readonly Float64Array[],
): Promise<Omit<Accuracy, "engine">> {
  const { module } = await selectKernels(kernelModule, path);
  const reader = new MemoryReader(await readFile(file), file);
  const model = await loadModel(module, reader, "token-classification");
  const { head } = model;
  const actual: Float64Array[] = [];
  let [same, all] = [0, 0];
  for (const [i, { ids, viterbi }] of texts.entries()) {
    // Between [CLS] and [SEP].
    const steps = ids.length - 2;
    await model.run(packSequences([Int32Array.from(ids)]));
    const emissions = head.output + head.width * 4;
    if (i < DETAILED) actual.push(Float64Array.from(model.machine.floats(emissions, steps * head.width)));
    const { labels } = head.crf!.viterbi(emissions, steps);
    same += viterbi.filter((label, step) => labels[step] === label).length;
    all += steps;
  }
  return { error: errorOf(actual, expected), labels: same / all };
}

async function measureOrtWeb(
  file: string,
  texts: readonly Text[],
  expected: readonly Float64Array[],
): Promise<number> {
  const ort = await importOnnxruntimeWeb(1);
  const session = await ort.InferenceSession.create(file, { executionProviders: ["wasm"], ...QUIET });
  const actual: Float64Array[] = [];
  for (const { ids } of texts.slice(0, DETAILED)) {
    const { data, dims } = (await session.run(electraFeeds(ort, [ids])))["logits"]!;
    const width = dims[2]!;
    actual.push(Float64Array.from(data).subarray(width, -width));
  }
  await session.release();
  return errorOf(actual, expected);
}

function errorOf(actual: readonly Float64Array[], expected: readonly Float64Array[]): number {
  const join = (parts: readonly Float64Array[]) => Float64Array.from(parts.flatMap((part) => [...part]));
  return relativeError(join(actual), join(expected));
}
