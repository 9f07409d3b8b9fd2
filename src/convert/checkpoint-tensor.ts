import type { Dtype } from "../model/safetensors.ts";

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
