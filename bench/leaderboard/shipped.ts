import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportHuggingFace } from "../../src/convert/hugging-face/export.ts";
import { convertDirectory, DTYPES } from "../../src/convert/index.ts";
import { exportOnnx } from "../../src/convert/onnx/export.ts";
import type { EngineSpec } from "../peers/engines.ts";
import { detectionTrial } from "./detection.ts";
import { fillingTrial } from "./filling.ts";
import { taggingTrial } from "./tagging.ts";
import type { Trial } from "./trial.ts";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const weights = (name: string) => path(`weights/${name}.safetensors`);
const OUT = path("build/bench/leaderboard");
const HANDWRITTEN = ["seen", "held-out"].map((name) =>
  path(`test/fixtures/contacts/handwritten-${name}.conll`),
);

export interface ShippedModel {
  readonly name: string;
  readonly task: string;
  readonly data: readonly string[];
  trial(model: string, files: readonly string[]): Promise<Trial>;
}

const GENERATOR = "electra-tiny-zh-generator";

export const SHIPPED: readonly ShippedModel[] = [
  {
    name: "waybill-zh",
    task: "token-classification",
    data: [path("test/fixtures/waybill-made-up/dev.txt")],
    trial: taggingTrial,
  },
  { name: "contacts-zh", task: "token-classification", data: HANDWRITTEN, trial: taggingTrial },
  {
    name: "electra-tiny-zh-discriminator",
    task: "replaced-token-detection",
    data: HANDWRITTEN,
    trial: (model, files) => detectionTrial(model, weights(GENERATOR), files),
  },
  { name: GENERATOR, task: "fill-mask", data: HANDWRITTEN, trial: fillingTrial },
];

export interface Entrant {
  readonly name: string;
  readonly spec: EngineSpec;
  /** Of the model's file in the engine's form. */
  readonly bytes: number;
}

export const sourceOf = (model: ShippedModel): string => weights(model.name);

/**
 * Writes a shipped model in every form. What ships is int8: f32, f16 and ONNX hold the numbers that its integers stand for,
 * int4 is made of these, and int8 is the shipped file itself.
 */
export async function makeEntrants(model: ShippedModel): Promise<Entrant[]> {
  const source = sourceOf(model);
  const { task } = model;
  const folder = join(OUT, model.name);
  await mkdir(OUT, { recursive: true });
  // An export replaces no folder that holds more than an export, as the last run's does.
  await rm(folder, { recursive: true, force: true });
  await exportHuggingFace(source, folder);
  const entrants: Entrant[] = [];
  const add = async (name: string, spec: EngineSpec, file: string) =>
    entrants.push({ name, spec, bytes: (await stat(file)).size });
  for (const dtype of DTYPES) {
    const file = dtype === "int8" ? source : join(OUT, `${model.name}.${dtype}.safetensors`);
    if (dtype !== "int8") await convertDirectory(folder, file, { dtype });
    for (const kernels of ["relaxed", "simd"] as const) {
      const spec = { runtime: "electra-edge", model: file, kernels, threads: 1, task } as const;
      await add(`electra-edge ${dtype}, ${kernels}`, spec, file);
    }
  }
  // transformers.js has no class for the discriminator's head.
  const inTransformers = task !== "replaced-token-detection";
  await mkdir(join(folder, "onnx"), { recursive: true });
  for (const { dtype, name, theirs } of [
    { dtype: "fp32", name: "model", theirs: "fp32" },
    { dtype: "int8", name: "model_quantized", theirs: "q8" },
  ] as const) {
    const file = join(folder, "onnx", `${name}.onnx`);
    await exportOnnx(source, file, { dtype });
    for (const runtime of ["onnxruntime-web", "onnxruntime-node"] as const) {
      await add(`${runtime} ${dtype}`, { runtime, model: file, threads: 1 }, file);
    }
    if (!inTransformers) continue;
    const spec = { runtime: "transformers.js", model: folder, task, dtype: theirs, threads: 1 } as const;
    await add(`transformers.js ${theirs}`, spec, file);
  }
  return entrants;
}
