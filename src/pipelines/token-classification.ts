import { DisposedError, InputError } from "../errors.ts";
import type { Model } from "../model/model.ts";
import type { ModelFile } from "../model/model-file.ts";
import { assertText } from "../text/tokenizer.ts";
import type { KernelPath } from "../wasm/kernel-path.ts";
import {
  AGGREGATION_STRATEGIES,
  type AggregationStrategy,
  type Entity,
  type TokenEntity,
} from "./aggregate.ts";
import { checkSignal, turnOf } from "./signal.ts";
import { type EncodedText, Tagger } from "./tagger.ts";
import type { ThreadChoice } from "./threads.ts";

export interface TokenClassificationOptions {
  /** Default `simple`; Hugging Face's is `none`. */
  readonly aggregation_strategy?: AggregationStrategy;
  /** Labels, or types, to leave out. Default `["O"]`. */
  readonly ignore_labels?: readonly string[];
  /** Rejects with its reason whatever of this call has not begun; a text that has begun runs to its end. */
  readonly signal?: AbortSignal;
}

/** Options that may be given once for all calls. */
export type TokenClassificationDefaults = Omit<TokenClassificationOptions, "signal">;

type Ungrouped = TokenClassificationOptions & { readonly aggregation_strategy: "none" };
type Grouped = TokenClassificationOptions & {
  readonly aggregation_strategy?: Exclude<AggregationStrategy, "none">;
};

/** Finds entities in text. Calls that overlap wait for each other. */
export interface TokenClassificationPipeline {
  (text: string, options: Ungrouped): Promise<TokenEntity[]>;
  (texts: readonly string[], options: Ungrouped): Promise<TokenEntity[][]>;
  (text: string, options?: Grouped): Promise<Entity[]>;
  (texts: readonly string[], options?: Grouped): Promise<Entity[][]>;
  (text: string, options: TokenClassificationOptions): Promise<Entity[] | TokenEntity[]>;
  (texts: readonly string[], options: TokenClassificationOptions): Promise<Entity[][] | TokenEntity[][]>;
  /** What the model file says of the model. */
  readonly model: ModelFile;
  /** The longest text in tokens, `[CLS]` and `[SEP]` included. */
  readonly maxTokens: number;
  /** The build of the kernels that runs it. */
  readonly kernels: KernelPath;
  /** How many threads share the work. */
  readonly threads: number;
  /** Why it is one where more were asked for. */
  readonly threadsReason: string | undefined;
  /** Bytes of WebAssembly memory that the model and its working space take; constant after loading. */
  readonly memoryBytes: number;
  /** Gives the model's memory back. May be called twice; whatever is asked afterwards is refused. */
  dispose(): void;
}

/** @param defaults options for every call that doesn't say otherwise */
export function tokenClassificationPipeline(
  model: Model<"token-classification">,
  engine: ThreadChoice & { readonly kernels: KernelPath },
  defaults: TokenClassificationDefaults,
): TokenClassificationPipeline {
  // The only hold on the model, so that letting go of it frees its memory even where the caller keeps the pipeline.
  let tagger: Tagger | undefined = new Tagger(model);
  const { maxTokens } = tagger;
  let queue: Promise<unknown> = Promise.resolve();
  const tagInTurn = (batch: readonly EncodedText[], options: TokenClassificationOptions) => {
    const { aggregation_strategy = "simple", ignore_labels = ["O"], signal } = options;
    const entities = queue.then(async () => {
      if (signal !== undefined) await turnOf(signal);
      if (tagger === undefined) throw new DisposedError("pipeline");
      return tagger.tag(batch, aggregation_strategy, new Set(ignore_labels)).catch((error) => {
        throw tagger === undefined ? new DisposedError("pipeline") : error;
      });
    });
    queue = entities.catch(() => {});
    return entities;
  };

  const call = async (text: string | readonly string[], callOptions: TokenClassificationOptions = {}) => {
    const live = tagger;
    if (live === undefined) throw new DisposedError("pipeline");
    const options = { ...defaults, ...callOptions };
    checkOptions(options);
    options.signal?.throwIfAborted();
    const texts = Array.isArray(text) ? text : [text];
    for (const each of texts) assertText(each);
    const batches = live.batches(texts.map((each) => live.encode(each)));
    const results = (await Promise.all(batches.map((batch) => tagInTurn(batch, options)))).flat();
    return Array.isArray(text) ? results : results[0];
  };
  return Object.defineProperties(call, {
    model: { value: model.file, enumerable: true },
    maxTokens: { value: maxTokens, enumerable: true },
    kernels: { value: engine.kernels, enumerable: true },
    threads: { value: engine.threads, enumerable: true },
    threadsReason: { value: engine.threadsReason, enumerable: true },
    memoryBytes: { get: () => tagger?.memoryBytes ?? 0, enumerable: true },
    dispose: {
      value: () => {
        tagger?.dispose();
        tagger = undefined;
      },
    },
  }) as unknown as TokenClassificationPipeline;
}

/** @throws {InputError} `bad-option` */
export function checkOptions(options: TokenClassificationOptions): void {
  const { aggregation_strategy: strategy, ignore_labels, signal } = options;
  checkSignal(signal);
  if (strategy !== undefined && !AGGREGATION_STRATEGIES.includes(strategy)) {
    const known = AGGREGATION_STRATEGIES.join(", ");
    throw new InputError(
      "bad-option",
      `aggregation_strategy must be one of ${known}, not ${JSON.stringify(strategy)}`,
    );
  }
  if (
    ignore_labels !== undefined &&
    !(Array.isArray(ignore_labels) && ignore_labels.every((l) => typeof l === "string"))
  ) {
    throw new InputError(
      "bad-option",
      `ignore_labels must be an array of strings, not ${JSON.stringify(ignore_labels)}`,
    );
  }
}
