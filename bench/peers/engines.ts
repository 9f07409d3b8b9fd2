import { basename, dirname } from "node:path";
import type { Contender } from "./measure.ts";
import {
  electraFeeds,
  type GraphAnswer,
  importOnnxruntimeNode,
  importOnnxruntimeWeb,
  importTransformers,
  type Ort,
  QUIET,
} from "./peers.ts";

/** The built library, as its users get it. */
export const LIBRARY = new URL("../../dist/node/index.js", import.meta.url);

/** What a user may choose of ours. */
export interface Choice {
  /** The best that there are where it isn't said. */
  readonly kernels?: "simd" | "relaxed";
  readonly threads: number;
  /** `token-classification` where it isn't said. */
  readonly task?: string;
}

/** Which engine, in words that reach another process. */
export type EngineSpec =
  | ({ readonly runtime: "electra-edge"; readonly model: string } & Choice)
  | {
      readonly runtime: "onnxruntime-web" | "onnxruntime-node";
      readonly model: string;
      readonly threads: number;
    }
  | ({ readonly runtime: "transformers.js"; readonly model: string } & TransformersChoice);

export interface TransformersChoice {
  readonly task: string;
  readonly dtype: "fp32" | "q8";
  readonly threads: number;
}

/** A runtime with a model in it. */
export interface Engine {
  readonly name: string;
  /** What runs one text again and again. */
  on(sample: Sample): Contender;
  /** What the graph alone gives; ours has none. */
  readonly graph?: (sample: Sample) => Promise<GraphAnswer>;
  dispose(): unknown;
}

export interface Sample {
  readonly text: string;
  readonly ids: readonly number[];
}

/** Undefined where this machine has no such engine. */
export async function openEngine(name: string, spec: EngineSpec): Promise<Engine | undefined> {
  switch (spec.runtime) {
    case "electra-edge":
      return openOurs(name, spec.model, spec);
    case "onnxruntime-web":
      return openOrtWeb(name, spec.model, spec.threads);
    case "onnxruntime-node":
      return openOrtNode(name, spec.model, spec.threads);
    case "transformers.js":
      return openTransformers(name, spec.model, spec);
  }
}

/**
 * Ours, text to labels: onnxruntime below is spared the tokenizer and the labels. Undefined where this engine has no such
 * kernels or threads, so that nothing passes for what it isn't.
 */
export async function openOurs(
  name: string,
  model: string,
  { kernels, threads, task = "token-classification" }: Choice,
): Promise<Engine | undefined> {
  const { EngineError, pipeline } = await import(LIBRARY.href);
  try {
    const run = await pipeline(task, model, { kernels, threads });
    if (run.kernels === (kernels ?? run.kernels) && run.threads === threads) {
      return { name, on: ({ text }) => ({ name, run: () => run(text) }), dispose: () => run.dispose() };
    }
    run.dispose();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
  return undefined;
}

async function openOnnx(
  name: string,
  ort: Ort,
  model: string,
  options: Readonly<Record<string, unknown>>,
): Promise<Engine> {
  const session = await ort.InferenceSession.create(model, { ...QUIET, ...options });
  const on = ({ ids }: Sample) => {
    const feeds = electraFeeds(ort, [ids]);
    return { name, run: () => session.run(feeds) };
  };
  return { name, on, graph: (sample) => on(sample).run(), dispose: () => session.release() };
}

/** onnxruntime-web: ids to logits. */
export async function openOrtWeb(name: string, model: string, threads: number): Promise<Engine> {
  return openOnnx(name, await importOnnxruntimeWeb(threads), model, { executionProviders: ["wasm"] });
}

/** The native runtime's settings, also where transformers.js runs in it. */
const native = (threads: number) => ({ intraOpNumThreads: threads, interOpNumThreads: 1 });

/** onnxruntime-node, native code: ids to logits. */
export async function openOrtNode(name: string, model: string, threads: number): Promise<Engine> {
  return openOnnx(name, await importOnnxruntimeNode(), model, {
    executionProviders: ["cpu"],
    ...native(threads),
  });
}

/** transformers.js as Node has it, on onnxruntime-node: text to labels, those of no entity included. */
export async function openTransformers(
  name: string,
  directory: string,
  { task, dtype, threads }: TransformersChoice,
): Promise<Engine> {
  const transformers = await importTransformers(dirname(directory));
  const run = await transformers.pipeline(task, basename(directory), {
    device: "cpu",
    dtype,
    session_options: { ...QUIET, ...native(threads) },
  });
  const every = task === "token-classification" ? { ignore_labels: [] } : {};
  return {
    name,
    on: ({ text }) => ({ name, run: () => run(text, every) }),
    graph: ({ text }) => run.model(run.tokenizer(text)),
    dispose: () => run.dispose(),
  };
}
