import { DisposedError } from "../errors.ts";
import { packSequences, type Sequence } from "../model/batch.ts";
import type { Task } from "../model/config.ts";
import type { ModelFile } from "../model/file/model-file.ts";
import type { AnswerDifference } from "../model/known-answer.ts";
import type { Model } from "../model/model.ts";
import { checkSignal, turnOf } from "../signal.ts";
import type { KernelPath } from "../wasm/kernel-path.ts";
import { ModelTokenizer } from "./model-tokenizer.ts";
import type { ThreadChoice } from "./threads.ts";

/** Options of every call. */
export interface CallOptions {
  /** Rejects with its reason whatever of this call has not begun; a text that has begun runs to its end. */
  readonly signal?: AbortSignal;
}

/** What every pipeline has beside its call. Calls that overlap wait for each other. */
export interface LoadedPipeline {
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
  /** What came of the option `check`; undefined without it. */
  readonly checked: readonly AnswerDifference[] | undefined;
  /** Bytes of WebAssembly memory that the model and its working space take; constant after loading. */
  readonly memoryBytes: number;
  /** Gives the model's memory back. May be called twice; whatever is asked afterwards is refused. */
  dispose(): void;
}

/** Where a sequence lies in the batch that has run. */
export interface PlaceInBatch {
  /** The number of its first token among all of the batch. */
  readonly row: number;
  /** Its own number. */
  readonly index: number;
}

/** One input on its way through the model. */
export interface Request<Result, S extends Sequence = Sequence> {
  /** What the model has to run, none longer than it takes; gone through once, while it runs. */
  readonly sequences: Iterable<S>;
  /**
   * Is shown a sequence after its embeddings (layer 0) and after each layer, where it is in the encoder's workspace.
   * Whatever is to be observed runs on this thread.
   */
  observe?: ((layer: number, place: PlaceInBatch) => void) | undefined;
  /** Takes what the model made of a sequence, for each in its order. It is in place until `read` returns. */
  read(sequence: S, place: PlaceInBatch): void;
  /** Called once, after the last sequence was read and before other calls have their turn. */
  result(): Result;
}

/** A task: how options, inputs and results look. */
export interface TaskDefinition<T extends Task, Options extends CallOptions, Input, Result> {
  /** The input, or an array of them, and the options in what a call was given. By default they are the first two. */
  readArguments?(...given: unknown[]): [input: unknown, options: unknown];
  /** @throws {InputError} `bad-option` */
  checkOptions(options: Options): void;
  /** @returns what turns each input into a request, checking it first: nothing of it vouches for its type. */
  open(model: Model<T>, tokenizer: ModelTokenizer): (input: Input, options: Options) => Request<Result>;
  /** What a call with an array gives. By default the array of its results. */
  join?(results: Result[], options: Options): unknown;
}

/** The definition of any task. */
// biome-ignore lint/suspicious/noExplicitAny: what goes in and comes out is typed by the pipeline's own interface
export type AnyTask<T extends Task = Task> = TaskDefinition<T, any, any, any>;

/** @param defaults options for every call that doesn't say otherwise */
export function createTaskPipeline<T extends Task>(
  task: AnyTask<T>,
  model: Model<T>,
  engine: ThreadChoice & { readonly kernels: KernelPath },
  defaults: CallOptions,
): LoadedPipeline {
  const { file } = model;
  const tokenizer = new ModelTokenizer(file);
  // The only hold on the model, so that letting go of it frees its memory even where the caller keeps the pipeline.
  let live: { model: Model<T>; request: ReturnType<AnyTask<T>["open"]> } | undefined = {
    model,
    request: task.open(model, tokenizer),
  };
  const alive = () => {
    if (live === undefined) throw new DisposedError("pipeline");
    return live;
  };
  let queue: Promise<unknown> = Promise.resolve();

  const runBatch = async (batch: readonly Queued[], signal: AbortSignal | undefined) => {
    if (signal !== undefined) await turnOf(signal);
    const { model } = alive();
    const packed = packSequences(
      batch.map(({ sequence }) => sequence.inputIds),
      batch.map(({ sequence }) => sequence.tokenTypeIds),
    );
    const placeOf = (index: number): PlaceInBatch => ({ row: packed.offsets[index]!, index });
    const observed = batch.some(({ request }) => request.observe !== undefined);
    const observe = (layer: number) => {
      batch.forEach(({ request }, index) => {
        request.observe?.(layer, placeOf(index));
      });
    };
    await model.run(packed, observed ? observe : undefined).catch((error) => {
      alive();
      throw error;
    });
    batch.forEach(({ request, sequence }, index) => {
      request.read(sequence, placeOf(index));
    });
  };

  /** Runs requests in order, as many sequences together as the model's working memory takes at once. */
  const runAll = async (requests: readonly Request<unknown>[], signal: AbortSignal | undefined) => {
    const { capacity } = alive().model.electra;
    let batch: Queued[] = [];
    let room = capacity;
    for (const request of requests) {
      for (const sequence of request.sequences) {
        const { length } = sequence.inputIds;
        if (length > room) {
          await runBatch(batch, signal);
          [batch, room] = [[], capacity];
        }
        batch.push({ request, sequence });
        room -= length;
      }
    }
    if (batch.length > 0) await runBatch(batch, signal);
    alive();
    return requests.map((request) => request.result());
  };

  const call = async (...given: unknown[]) => {
    const { request } = alive();
    const [input, callOptions] = task.readArguments?.(...given) ?? given;
    const options: CallOptions = { ...defaults, ...(callOptions as CallOptions) };
    const { signal } = options;
    checkSignal(signal);
    task.checkOptions(options);
    signal?.throwIfAborted();
    const inputs: readonly unknown[] = Array.isArray(input) ? input : [input];
    const requests = inputs.map((each) => request(each, options));
    const turn = queue.then(() => runAll(requests, signal));
    queue = turn.catch(() => {});
    const results = await turn;
    if (!Array.isArray(input)) return results[0];
    return task.join?.(results, options) ?? results;
  };
  return Object.defineProperties(call, {
    model: { value: file, enumerable: true },
    maxTokens: { value: tokenizer.maxTokens, enumerable: true },
    kernels: { value: engine.kernels, enumerable: true },
    threads: { value: engine.threads, enumerable: true },
    threadsReason: { value: engine.threadsReason, enumerable: true },
    memoryBytes: { get: () => live?.model.machine.byteLength ?? 0, enumerable: true },
    dispose: {
      value: () => {
        live?.model.endTeam();
        live = undefined;
      },
    },
  }) as unknown as LoadedPipeline;
}

interface Queued {
  readonly request: Request<unknown>;
  readonly sequence: Sequence;
}
