/** A parser under attack. */
export interface Target {
  /** Parses the bytes; throws or rejects where they are refused. */
  parse(bytes: Uint8Array): void | Promise<void>;
  /** Small valid files to begin with. */
  seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** The longest input that is tried, in bytes. */
  readonly maxLength: number;
  /** How many times its bytes it may allocate, where that is more than 4. */
  readonly expansion?: number;
  /** WebAssembly's memory, in bytes, that it may take besides. */
  readonly memory?: number;
  /** The files whose lines are counted, from the project's root. */
  readonly sources: readonly string[];
  /** Pieces that its format is made of, for the fuzzer to put in. */
  readonly dictionary?: readonly (string | Uint8Array)[];
}

/** By the names that `npm run fuzz` takes. One file each, loaded when asked for: none is to see another's coverage. */
export const TARGETS = [
  "safetensors",
  "model-file",
  "model",
  "pickle",
  "torch",
  "onnx",
  "config",
  "tokenizer",
  "datasets",
  "classification",
  "questions",
  "http",
] as const;

export type TargetName = (typeof TARGETS)[number];

export const isTargetName = (name: string): name is TargetName =>
  (TARGETS as readonly string[]).includes(name);

export async function loadTarget(name: TargetName): Promise<Target> {
  const { target } = (await import(`./targets/${name}.ts`)) as { readonly target: Target };
  return target;
}
