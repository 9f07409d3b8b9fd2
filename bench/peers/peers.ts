import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { npm } from "../../scripts/npm.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));

/** What installs the peers, for those who read that they are missing. */
export const INSTALL_COMMAND = "npm ci --ignore-scripts --prefix bench/peers";

/** A file of a peer's package, below `bench/peers/node_modules`. */
export const peerFile = (path: string): string =>
  fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));

export const peersInstalled = (): boolean => existsSync(peerFile(".package-lock.json"));

/** Without the peers' install scripts: onnxruntime-node's would fetch CUDA from elsewhere. */
export function installPeers(): void {
  npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

// The part of onnxruntime's interface that is used here; its own types are there only once the peers are installed.

export interface OrtTensor {
  readonly data: ArrayLike<number>;
  readonly dims: readonly number[];
}

export interface OrtSession {
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
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
