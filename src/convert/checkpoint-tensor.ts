import type { Dtype } from "../model/safetensors.ts";

/** A tensor of a checkpoint whose place has been checked but whose bytes have not been read. */
export interface CheckpointTensor {
  /** The file that holds it. */
  readonly file: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Its bytes, little-endian and row-major, in memory of their own. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}
