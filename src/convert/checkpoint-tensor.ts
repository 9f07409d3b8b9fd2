import type { Dtype } from "../model/file/safetensors.ts";
import { turnOf } from "../signal.ts";

/** A tensor of a checkpoint whose place has been checked but whose bytes have not been read. */
export interface CheckpointTensor {
  /** The file that holds it. */
  readonly file: string;
  readonly dtype: Dtype;
  /** Whether it is the sum of others that may be narrower: it doesn't tell what the checkpoint is stored in. */
  readonly computed?: boolean;
  readonly shape: readonly number[];
  /** Its bytes, little-endian and row-major, in memory of their own. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** The same tensors, none of which is read any more once the signal has aborted. */
export function readUntil(
  signal: AbortSignal | undefined,
  tensors: ReadonlyMap<string, CheckpointTensor>,
): ReadonlyMap<string, CheckpointTensor> {
  if (signal === undefined) return tensors;
  const readUnlessAborted = async (tensor: CheckpointTensor) => {
    await turnOf(signal);
    return tensor.read();
  };
  return new Map(
    [...tensors].map(([name, tensor]) => [name, { ...tensor, read: () => readUnlessAborted(tensor) }]),
  );
}
