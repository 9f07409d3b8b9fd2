import { type Dtype, HEADER_LIMIT, ITEM_SIZE } from "./safetensors.ts";

export interface TensorDescription {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** A file without its tensors' bytes. */
export interface SafetensorsLayout<T extends TensorDescription> {
  /** The file's first bytes: the length and the JSON, padded so that the tensors after it are aligned. */
  readonly prefix: Uint8Array;
  /** The tensors in the order in which their bytes follow the prefix, without gaps. */
  readonly order: readonly T[];
}

/**
 * Lays out a safetensors file. Wider elements come first, then the given order, so that every tensor starts at a
 * multiple of its element's size.
 *
 * @throws {RangeError} where the header would be longer than the format allows
 */
export function layoutSafetensors<T extends TensorDescription>(
  metadata: Readonly<Record<string, string>>,
  tensors: readonly T[],
): SafetensorsLayout<T> {
  const order = [...tensors].sort((a, b) => ITEM_SIZE[b.dtype] - ITEM_SIZE[a.dtype]);
  // Entries and not an object literal: a tensor may be called "__proto__".
  const entries: [string, unknown][] = [["__metadata__", metadata]];
  let offset = 0;
  for (const { name, dtype, shape } of order) {
    const end = offset + byteLengthOf(dtype, shape);
    entries.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(json.length / 8) * 8;
  if (length > HEADER_LIMIT)
    throw new RangeError(`a header of ${length} bytes is over safetensors' ${HEADER_LIMIT}`);
  const prefix = new Uint8Array(8 + length).fill(0x20);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(length), true);
  prefix.set(json, 8);
  return { prefix, order };
}

/**
 * Writes a safetensors file in chunks: the prefix, then each tensor's own bytes, so that the file as a whole is never
 * held beside them.
 *
 * @param tensors `data` is little-endian and row-major
 * @throws {RangeError} where `data` does not have the length that dtype and shape ask for
 */
export function* serializeSafetensors(
  metadata: Readonly<Record<string, string>>,
  tensors: readonly (TensorDescription & { readonly data: Uint8Array })[],
): Generator<Uint8Array> {
  const { prefix, order } = layoutSafetensors(metadata, tensors);
  yield prefix;
  for (const { name, dtype, shape, data } of order) {
    const expected = byteLengthOf(dtype, shape);
    if (data.length !== expected) {
      throw new RangeError(
        `tensor "${name}" ${dtype} [${shape}] takes ${expected} bytes, not ${data.length}`,
      );
    }
    yield data;
  }
}

function byteLengthOf(dtype: Dtype, shape: readonly number[]): number {
  return shape.reduce((bytes, size) => bytes * size, ITEM_SIZE[dtype]);
}
