import { readFileSync } from "node:fs";

export interface Tensor {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float64Array;
}

export type Checkpoint = ReadonlyMap<string, Tensor>;

/**
 * Reads a safetensors file that is known to be sound: eight bytes of header length, a JSON header, the tensors. On
 * purpose none of the library's own reader, so that the reference stands alone. It meets F32, F16 and I64 alone, and I8
 * whose rows have a scale in the tensor of that name.
 */
export function readCheckpoint(file: string | URL): Checkpoint {
  const bytes = readFileSync(file);
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, headerEnd)) as Record<string, Entry>;
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [begin, end] = data_offsets.map((offset) => headerEnd + offset);
    tensors.set(name, { shape, values: toFloat64(dtype, bytes.subarray(begin, end)) });
  }
  for (const [name, { shape, values }] of tensors) {
    const scales = tensors.get(`${name}.scale`)?.values;
    if (scales === undefined) continue;
    const columns = values.length / shape[0]!;
    tensors.set(name, { shape, values: values.map((value, i) => value * scales[Math.floor(i / columns)]!) });
  }
  return tensors;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly number[];
}

function toFloat64(dtype: string, bytes: Buffer): Float64Array {
  switch (dtype) {
    case "F32":
      return Float64Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
    case "F16":
      return Float64Array.from({ length: bytes.length / 2 }, (_, i) =>
        halfToNumber(bytes.readUInt16LE(i * 2)),
      );
    case "I8":
      return Float64Array.from(new Int8Array(bytes));
    case "I64":
      return Float64Array.from({ length: bytes.length / 8 }, (_, i) => Number(bytes.readBigInt64LE(i * 8)));
    default:
      throw new Error(`the reference reads no ${dtype}`);
  }
}

/** IEEE 754 binary16, finite. */
function halfToNumber(half: number): number {
  const [sign, exponent, mantissa] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}

/** The values of a tensor that the checkpoint must have. */
export function values(checkpoint: Checkpoint, name: string): Float64Array {
  const tensor = checkpoint.get(name);
  if (tensor === undefined) throw new Error(`the checkpoint has no tensor "${name}"`);
  return tensor.values;
}
