import type { Contender } from "./measure.ts";
import { electraFeeds, importOnnxruntimeNode, importOnnxruntimeWeb, type Ort, QUIET } from "./peers.ts";

/** The built library, as its users get it. */
export const LIBRARY = new URL("../../dist/node/index.js", import.meta.url);

/** What a user may choose of ours. */
export interface Choice {
  readonly kernels: "simd" | "relaxed";
  readonly threads: number;
}

/** A runtime with a model in it. */
export interface Engine {
  readonly name: string;
  /** What runs one text again and again. */
  on(sample: Sample): Contender;
  dispose(): unknown;
}

export interface Sample {
  readonly text: string;
  readonly ids: readonly number[];
}

/**
 * Ours, text to labels: the peers below are spared the tokenizer and the labels. Undefined where this engine has no such
 * kernels or threads, so that nothing passes for what it isn't.
 */
export async function openOurs(name: string, model: string, choice: Choice): Promise<Engine | undefined> {
  const { EngineError, pipeline } = await import(LIBRARY.href);
  try {
    const tag = await pipeline("token-classification", model, choice);
    if (tag.kernels === choice.kernels && tag.threads === choice.threads) {
      return { name, on: ({ text }) => ({ name, run: () => tag(text) }), dispose: () => tag.dispose() };
    }
    tag.dispose();
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
  return { name, on, dispose: () => session.release() };
}

/** onnxruntime-web: ids to logits. */
export async function openOrtWeb(name: string, model: string, threads: number): Promise<Engine> {
  return openOnnx(name, await importOnnxruntimeWeb(threads), model, { executionProviders: ["wasm"] });
}

/** onnxruntime-node, native code: ids to logits. */
export async function openOrtNode(name: string, model: string, threads: number): Promise<Engine> {
  return openOnnx(name, await importOnnxruntimeNode(), model, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
}
