import { InputError } from "../errors.ts";
import type { Task } from "../model/config.ts";
import type { ByteReader } from "../model/file/byte-reader.ts";
import { checkAnswer } from "../model/known-answer.ts";
import { type LoadProgress, loadModel } from "../model/load-model.ts";
import type { Model } from "../model/model.ts";
import { checkSignal } from "../signal.ts";
import { KERNEL_PATHS, type KernelModule, type KernelPath, selectKernels } from "../wasm/kernel-path.ts";
import type { StartThread } from "../wasm/thread.ts";
import {
  type FeatureExtractionOptions,
  type FeatureExtractionPipeline,
  featureExtraction,
} from "./feature-extraction.ts";
import { type FillMaskOptions, type FillMaskPipeline, fillMask } from "./fill-mask.ts";
import { AbortableReader } from "./loading/abortable-reader.ts";
import { HashingReader, parseIntegrity, type Sha256 } from "./loading/integrity.ts";
import type { LoadThroughCache } from "./loading/model-cache.ts";
import type { ModelSource, OpenSource } from "./loading/source.ts";
import {
  type MultipleChoiceOptions,
  type MultipleChoicePipeline,
  multipleChoice,
} from "./multiple-choice.ts";
import { checkChoice, checkCount, checkFlag, checkFunction, refuse } from "./options.ts";
import {
  type QuestionAnsweringOptions,
  type QuestionAnsweringPipeline,
  questionAnswering,
} from "./question-answering.ts";
import {
  type ReplacedTokenDetectionOptions,
  type ReplacedTokenDetectionPipeline,
  replacedTokenDetection,
} from "./replaced-token-detection.ts";
import { type AnyTask, createTaskPipeline, type LoadedPipeline } from "./task-pipeline.ts";
import {
  type TextClassificationOptions,
  type TextClassificationPipeline,
  textClassification,
} from "./text-classification.ts";
import { chooseThreads } from "./threads.ts";
import {
  type TokenClassificationOptions,
  type TokenClassificationPipeline,
  tokenClassification,
} from "./token-classification.ts";

/** What each task gives, and the options of its calls. */
export interface Pipelines {
  readonly "token-classification": [TokenClassificationPipeline, TokenClassificationOptions];
  readonly "text-classification": [TextClassificationPipeline, TextClassificationOptions];
  readonly "multiple-choice": [MultipleChoicePipeline, MultipleChoiceOptions];
  readonly "question-answering": [QuestionAnsweringPipeline, QuestionAnsweringOptions];
  readonly "fill-mask": [FillMaskPipeline, FillMaskOptions];
  readonly "replaced-token-detection": [ReplacedTokenDetectionPipeline, ReplacedTokenDetectionOptions];
  readonly "feature-extraction": [FeatureExtractionPipeline, FeatureExtractionOptions];
}

const TASKS: { readonly [T in Task]: AnyTask<T> } = {
  "token-classification": tokenClassification,
  "text-classification": textClassification,
  "multiple-choice": multipleChoice,
  "question-answering": questionAnswering,
  "fill-mask": fillMask,
  "replaced-token-detection": replacedTokenDetection,
  "feature-extraction": featureExtraction,
};

/** How a model is loaded; `docs/loading.md` has an example of each. */
export interface LoadingOptions {
  /**
   * The SHA-256 that the file must have: `sha256-` and base64, or 64 hexadecimal digits. Nothing is handed out of a file
   * that has another.
   */
  readonly integrity?: string;
  /**
   * Runs the known answer that the file has, on the kernels and threads that will run the model, and hands nothing out if
   * another comes of it: a file that is damaged, or an engine that computes wrongly. Takes as long as a text of 13 tokens.
   */
  readonly check?: boolean;
  /** Browsers: keep the model in the Cache API, under this name or, if `true`, "electra-edge". Needs a URL for a source. */
  readonly cache?: boolean | string;
  /** Called while loading, about a hundred times. What it throws, loading rejects with. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Forces one build of the kernels, which else is the fastest that this engine runs and gets right. */
  readonly kernels?: KernelPath;
  /**
   * How many threads share the work, or "auto": the cores of the machine, four at most. Default 1. Where there can be
   * none it is one, and the pipeline's `threadsReason` says why.
   */
  readonly threads?: number | "auto";
  /** The most bytes of memory that the model may take, of whatever size its file says it is. Default what the engine has. */
  readonly maxMemory?: number;
  /** Stops loading, which rejects with its reason; for calls give them signals of their own. */
  readonly signal?: AbortSignal;
}

/** Options of a call may be given once for all calls, except for its signal and its progress. */
export type PipelineOptions<T extends Task = "token-classification"> = Omit<
  Pipelines[T][1],
  "signal" | "onProgress"
> &
  LoadingOptions;

/** What differs from place to place: how the kernels arrive, what a source may be, who hashes and who keeps copies. */
export interface Platform {
  readonly kernelModule: KernelModule;
  readonly openSource: OpenSource;
  createSha256(): Sha256 | Promise<Sha256>;
  /** Undefined where there are no threads. */
  readonly startThread?: StartThread;
  /** How many cores the machine has, as far as the platform tells. */
  readonly cores?: number | undefined;
  /** Undefined where nothing is kept. */
  readonly loadThroughCache?: LoadThroughCache;
}

/**
 * Loads a model and returns what runs it, as in Hugging Face's `pipeline`.
 *
 * @param task the one that the file is for
 * @param source a model file: see {@link ModelSource}
 * @throws {ModelFileError} where the file breaks a rule of its format
 * @throws {InputError} where task, source or options can't be used
 * @throws {EngineError} where this engine can't run the kernels, or has no memory for the model
 */
export type PipelineFunction = <T extends Task>(
  task: T,
  source: ModelSource,
  options?: PipelineOptions<T>,
) => Promise<Pipelines[T][0]>;

export function createPipelineFunction(platform: Platform): PipelineFunction {
  return async <T extends Task>(
    task: T,
    source: ModelSource,
    options: LoadingOptions = {},
  ): Promise<Pipelines[T][0]> => {
    if (!Object.hasOwn(TASKS, task)) {
      refuse("task", `one of ${Object.keys(TASKS).join(", ")}`, task);
    }
    const definition: AnyTask<T> = TASKS[task];
    const {
      integrity,
      check = false,
      cache = false,
      onProgress,
      signal,
      kernels,
      threads = 1,
      maxMemory,
      ...defaults
    } = options;
    const expected = integrity === undefined ? undefined : parseIntegrity(integrity);
    checkCache(cache);
    checkChoice("kernels", kernels, KERNEL_PATHS);
    checkFunction("onProgress", onProgress);
    checkFlag("check", check);
    checkCount("maxMemory", maxMemory);
    checkSignal(signal);
    definition.checkOptions(defaults);
    signal?.throwIfAborted();
    const choice = chooseThreads(threads, platform.startThread, platform.cores);
    const shared = choice.threads > 1;

    if (cache !== false && platform.loadThroughCache === undefined) {
      throw new InputError("bad-option", "cache is for browsers: here models are read from where they are");
    }
    // Before the source is opened, which takes its own time; `load` hears of a failure.
    const selecting = selectKernels(platform.kernelModule, kernels, shared);
    selecting.catch(() => {});

    const load = async (opened: ByteReader) => {
      let reader = opened;
      try {
        const hashed = expected && new HashingReader(reader, await platform.createSha256());
        reader = hashed ?? reader;
        if (signal !== undefined) reader = new AbortableReader(reader, signal);
        const { path, module } = await selecting;
        const model = await loadModel(module, reader, task, {
          onProgress,
          threads: choice.threads,
          maxMemory,
        });
        if (expected !== undefined) await hashed?.verify(expected);
        const pipeline = createTaskPipeline(definition, model, { kernels: path, ...choice }, defaults);
        // Last, since nobody would end the threads of a model that is refused.
        if (shared) await model.startTeam(platform.startThread!, module);
        if (check) await checkLoaded(pipeline, model);
        return pipeline as Pipelines[T][0];
      } finally {
        await reader.close();
      }
    };
    if (cache === false) return load(await platform.openSource(source, signal));
    return platform.loadThroughCache!(source, { cache, integrity: expected?.expected, signal }, load);
  };
}

async function checkLoaded(pipeline: LoadedPipeline, model: Model): Promise<void> {
  try {
    Object.assign(pipeline, { checked: await checkAnswer(model, pipeline.kernels) });
  } catch (error) {
    pipeline.dispose();
    throw error;
  }
}

function checkCache(cache: unknown): void {
  if (typeof cache === "boolean" || (typeof cache === "string" && cache !== "")) return;
  refuse("cache", "true, false or a name", cache);
}
