import { InputError } from "../errors.ts";
import { loadTokenClassifier } from "../model/load-model.ts";
import { assertKnownAnswers } from "../wasm/known-answer.ts";
import type { ModelSource, OpenSource } from "./source.ts";
import {
  type TokenClassificationOptions,
  type TokenClassificationPipeline,
  tokenClassificationPipeline,
} from "./token-classification.ts";

/** Options of a call may be given once for all calls. */
export type PipelineOptions = TokenClassificationOptions;

/** What differs from place to place: how the kernels arrive and what a source may be. */
export interface Platform {
  kernelModule(): Promise<WebAssembly.Module>;
  readonly openSource: OpenSource;
}

/**
 * Loads a model and returns what runs it, as in Hugging Face's `pipeline`.
 *
 * @param task only `token-classification` for now
 * @param source a model file: see {@link ModelSource}
 * @throws {ModelFileError} where the file breaks a rule of its format
 * @throws {InputError} where task, source or options can't be used
 * @throws {EngineError} where this engine can't run the kernels, or has no memory for the model
 */
export type PipelineFunction = (
  task: "token-classification",
  source: ModelSource,
  options?: PipelineOptions,
) => Promise<TokenClassificationPipeline>;

export function createPipelineFunction({ kernelModule, openSource }: Platform): PipelineFunction {
  return async (task, source, options = {}) => {
    if (task !== "token-classification") {
      throw new InputError("bad-option", `task must be "token-classification", not ${JSON.stringify(task)}`);
    }
    const reader = await openSource(source);
    try {
      const module = await kernelModule();
      await assertKnownAnswers(module);
      const { file, model } = await loadTokenClassifier(module, reader);
      return tokenClassificationPipeline(file, model, options);
    } finally {
      await reader.close();
    }
  };
}
