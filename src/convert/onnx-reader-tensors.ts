import { lstat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import onnxProto, { type onnx } from "onnx-proto";
import { ConvertError } from "../errors.ts";
import { brief } from "../model/json.ts";
import { type Dtype, ITEM_SIZE } from "../model/safetensors.ts";
import { BinaryFile, readError } from "./binary-file.ts";
import type { CheckpointTensor } from "./checkpoint-tensor.ts";
import { product } from "./lazy-tensor.ts";

// A CommonJS module: its names are known only when it runs.
const { DataType, DataLocation } = onnxProto.onnx.TensorProto;

const DTYPES: Readonly<Record<number, Dtype>> = {
  [DataType.FLOAT]: "F32",
  [DataType.DOUBLE]: "F64",
  [DataType.FLOAT16]: "F16",
  [DataType.BFLOAT16]: "BF16",
  [DataType.INT64]: "I64",
  [DataType.INT32]: "I32",
  [DataType.INT8]: "I8",
  [DataType.UINT8]: "U8",
  [DataType.BOOL]: "BOOL",
};

/** More than a weight or a list of sizes has. */
export const AXES_LIMIT = 16;

/** The tensors of an ONNX file: in it, or in other files of its folder. */
export class OnnxTensors {
  readonly #file: string;
  readonly #external = new Map<string, BinaryFile>();

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * A tensor whose place and length have been checked.
   *
   * @returns undefined for one of an element type that no weight has
   * @throws {ConvertError} `checkpoint-malformed`; `unsupported` for data outside of the file's folder or through a link
   */
  async open(proto: onnx.ITensorProto): Promise<CheckpointTensor | undefined> {
    const name = brief(proto.name ?? "");
    const dtype = DTYPES[proto.dataType ?? 0];
    if (dtype === undefined) return undefined;
    const shape = (proto.dims ?? []).map(Number);
    if (shape.length > AXES_LIMIT) {
      return this.#fail(`the tensor ${name} has ${shape.length} axes, more than ${AXES_LIMIT}`);
    }
    const length = product(shape) * ITEM_SIZE[dtype];
    if (!Number.isSafeInteger(length) || shape.some((size) => size < 0)) {
      return this.#fail(`the tensor ${name} has the shape [${shape}]`);
    }
    if (proto.dataLocation === DataLocation.EXTERNAL) return this.#openExternal(proto, dtype, shape, length);
    const bytes = inlineBytes(proto, dtype);
    if (bytes.length !== length) {
      return this.#fail(
        `the tensor ${name} [${shape}] of ${dtype} takes ${length} bytes, but ${bytes.length} came`,
      );
    }
    return { file: this.#file, dtype, shape, read: async () => Uint8Array.from(bytes) };
  }

  async close(): Promise<void> {
    for (const file of this.#external.values()) await file.close();
  }

  async #openExternal(
    { name, externalData }: onnx.ITensorProto,
    dtype: Dtype,
    shape: readonly number[],
    length: number,
  ): Promise<CheckpointTensor> {
    const entries = new Map((externalData ?? []).map(({ key, value }) => [key, value]));
    const location = entries.get("location") ?? "";
    const data = await this.#externalFile(location, brief(name ?? ""));
    const offset = Number(entries.get("offset") ?? 0);
    const stated = Number(entries.get("length") ?? length);
    if (!Number.isSafeInteger(offset) || offset < 0 || stated !== length || offset + length > data.size) {
      return this.#fail(
        `the tensor ${brief(name ?? "")} [${shape}] of ${dtype} is to be ${stated} bytes from byte ${offset} on in ` +
          `${location}, which has ${data.size}; it takes ${length}`,
      );
    }
    return { file: data.path, dtype, shape, read: () => data.read(offset, length) };
  }

  async #externalFile(location: string, tensor: string): Promise<BinaryFile> {
    const known = this.#external.get(location);
    if (known !== undefined) return known;
    const refuse = (what: string): never => {
      const detail = `the tensor ${tensor} lies in ${brief(location)}, ${what}; it must be a file of the same folder`;
      throw new ConvertError("unsupported", this.#file, detail);
    };
    if (basename(location) !== location || /[\\/\0]/.test(location) || /^\.{0,2}$/.test(location)) {
      return refuse("outside of this folder");
    }
    const path = join(dirname(this.#file), location);
    const stats = await lstat(path).catch((error) => {
      throw readError(path, error);
    });
    if (stats.isSymbolicLink()) refuse("a link");
    const file = await BinaryFile.open(path);
    this.#external.set(location, file);
    return file;
  }

  #fail(detail: string): never {
    throw new ConvertError("checkpoint-malformed", this.#file, detail);
  }
}

/** A tensor's bytes, little-endian, however the message holds them. */
function inlineBytes(
  { rawData, floatData, doubleData, int32Data, int64Data }: onnx.ITensorProto,
  dtype: Dtype,
): Uint8Array {
  if (rawData?.length) return rawData;
  const bytesOf = ({ buffer }: { readonly buffer: ArrayBufferLike }) => new Uint8Array(buffer);
  switch (dtype) {
    case "F32":
      return bytesOf(Float32Array.from(floatData ?? []));
    case "F64":
      return bytesOf(Float64Array.from(doubleData ?? []));
    case "I64":
      return bytesOf(BigInt64Array.from(int64Data ?? [], (value) => BigInt(String(value))));
    case "I32":
      return bytesOf(Int32Array.from(int32Data ?? []));
    case "F16":
    case "BF16":
      return bytesOf(Uint16Array.from(int32Data ?? []));
    default:
      return bytesOf(Uint8Array.from(int32Data ?? []));
  }
}
