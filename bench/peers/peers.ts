import { OwnPackages } from "../../scripts/own-packages.ts";

export const PEERS = new OwnPackages(new URL(".", import.meta.url));

// The part of onnxruntime's interface that is used here; its own types are there only once the peers are installed.

export interface OrtTensor {
  readonly data: ArrayLike<number>;
  readonly dims: readonly number[];
}

/** What a graph gives, by its outputs' names. */
export type GraphAnswer = Readonly<Record<string, OrtTensor>>;

export interface OrtSession {
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<GraphAnswer>;
  release(): Promise<void>;
}

export interface Ort {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly Tensor: new (type: string, data: BigInt64Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(model: string | Uint8Array, options: Readonly<Record<string, unknown>>): Promise<OrtSession>;
  };
}

/** onnxruntime's WebAssembly build. How many threads it has is settled once for the whole process. */
export async function importOnnxruntimeWeb(threads: number): Promise<Ort> {
  const name: string = "onnxruntime-web";
  const ort: Ort = await import(name);
  ort.env.wasm.numThreads = threads;
  return ort;
}

/** onnxruntime's native build. */
export async function importOnnxruntimeNode(): Promise<Ort> {
  const name: string = "onnxruntime-node";
  const { default: ort } = await import(name);
  return ort;
}

/** The part of transformers.js's interface that is used here. */
export interface Transformers {
  readonly env: object;
  pipeline(task: string, model: string, options: object): Promise<TransformersPipeline>;
}

export interface TransformersPipeline {
  (text: string, options: object): Promise<unknown>;
  readonly tokenizer: (text: string) => object;
  readonly model: (inputs: object) => Promise<GraphAnswer>;
  dispose(): Promise<unknown>;
}

/** transformers.js, which takes models from a folder of them and nowhere else. */
export async function importTransformers(folder: string): Promise<Transformers> {
  const name: string = "@huggingface/transformers";
  const transformers: Transformers = await import(name);
  Object.assign(transformers.env, {
    allowRemoteModels: false,
    allowLocalModels: true,
    localModelPath: folder,
    useFSCache: false,
  });
  return transformers;
}

/** A CRF's tensors are in the file and in no node; onnxruntime warns of them at level 2. */
export const QUIET = { logSeverityLevel: 3 };

/** The inputs of an ELECTRA graph, each row of `inputIds` a text of the same length. */
export function electraFeeds(
  { Tensor }: Ort,
  inputIds: readonly ArrayLike<number>[],
  attentionMask: readonly ArrayLike<number>[] = inputIds.map((row) => Array.from(row, () => 1)),
  tokenTypeIds: readonly ArrayLike<number>[] = inputIds.map((row) => Array.from(row, () => 0)),
): Record<string, OrtTensor> {
  const dims = [inputIds.length, inputIds[0]!.length];
  const tensor = (rows: readonly ArrayLike<number>[]) =>
    new Tensor("int64", BigInt64Array.from(rows.flatMap((row) => Array.from(row, BigInt))), dims);
  return {
    input_ids: tensor(inputIds),
    attention_mask: tensor(attentionMask),
    token_type_ids: tensor(tokenTypeIds),
  };
}
