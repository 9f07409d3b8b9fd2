import { lstat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConvertError } from "../errors.ts";
import { brief } from "../model/json.ts";
import { type Dtype, ITEM_SIZE } from "../model/safetensors.ts";
import { BinaryFile, readError } from "./binary-file.ts";
import type { CheckpointTensor } from "./checkpoint-tensor.ts";
import { product } from "./lazy-tensor.ts";
import { ATTRIBUTE, ELEMENT_TYPES, ENTRY, EXTERNAL, TENSOR } from "./onnx-fields.ts";
import type { OnnxNode } from "./onnx-reader-node.ts";
import type { NumberWire, ProtobufReader } from "./protobuf-reader.ts";

const DTYPES: Readonly<Record<number, Dtype>> = {
  [ELEMENT_TYPES.float]: "F32",
  [ELEMENT_TYPES.double]: "F64",
  [ELEMENT_TYPES.float16]: "F16",
  [ELEMENT_TYPES.bfloat16]: "BF16",
  [ELEMENT_TYPES.int64]: "I64",
  [ELEMENT_TYPES.int32]: "I32",
  [ELEMENT_TYPES.int8]: "I8",
  [ELEMENT_TYPES.uint8]: "U8",
  [ELEMENT_TYPES.bool]: "BOOL",
};

/** Where a tensor that isn't raw bytes has its numbers; those of the other types are in `int32Data`. */
const DATA: Readonly<Partial<Record<Dtype, number>>> = {
  F32: TENSOR.floatData,
  F64: TENSOR.doubleData,
  I64: TENSOR.int64Data,
};

/** How numbers of a type lie in such a field; others are varints. */
const WIRES: Readonly<Partial<Record<Dtype, NumberWire>>> = { F32: "fixed32", F64: "fixed64" };

/** The attributes of a `Constant` that are numbers: their names and fields, and whether they are a list. */
const NUMBERS = [
  ["value_float", ATTRIBUTE.f, "F32", false],
  ["value_floats", ATTRIBUTE.floats, "F32", true],
  ["value_int", ATTRIBUTE.i, "I64", false],
  ["value_ints", ATTRIBUTE.ints, "I64", true],
] as const;

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
  async open(message: ProtobufReader): Promise<CheckpointTensor | undefined> {
    const { type, shape, axes, raw, isExternal } = describe(message);
    const dtype = DTYPES[type];
    if (dtype === undefined) return undefined;
    if (axes > AXES_LIMIT) this.#fail(message, `has ${axes} axes, more than ${AXES_LIMIT}`);
    const length = product(shape) * ITEM_SIZE[dtype];
    if (!Number.isSafeInteger(length) || shape.some((size) => size < 0)) {
      this.#fail(message, `has the shape [${shape}]`);
    }
    if (isExternal) return this.#openExternal(message, dtype, shape, length);
    const field = DATA[dtype] ?? TENSOR.int32Data;
    const came = raw.end > raw.begin ? raw.end - raw.begin : count(message, field, dtype) * ITEM_SIZE[dtype];
    if (came !== length) {
      this.#fail(message, `[${shape}] of ${dtype} takes ${length} bytes, but ${came} came`);
    }
    const own = message.again();
    const read = async () =>
      raw.end > raw.begin ? own.copy(raw.begin, raw.end) : numbersIn(own, field, dtype, length);
    return { file: this.#file, dtype, shape, read };
  }

  /** What a `Constant` node has as numbers; undefined where it has none. */
  ofNumbers(node: OnnxNode): CheckpointTensor | undefined {
    for (const [name, field, dtype, isList] of NUMBERS) {
      const attribute = node.attribute(name);
      if (attribute === undefined) continue;
      const shape = isList ? [count(attribute, field, dtype)] : [];
      const length = product(shape) * ITEM_SIZE[dtype];
      const read = async () => numbersIn(attribute, field, dtype, length);
      return { file: this.#file, dtype, shape, read };
    }
    return undefined;
  }

  async close(): Promise<void> {
    for (const file of this.#external.values()) await file.close();
  }

  async #openExternal(
    message: ProtobufReader,
    dtype: Dtype,
    shape: readonly number[],
    length: number,
  ): Promise<CheckpointTensor> {
    let [location, offset, stated] = ["", 0, length];
    for (const entry of message.messages(TENSOR.externalData)) {
      const key = entry.textOf(ENTRY.key);
      if (key === "location") location = entry.textOf(ENTRY.value);
      else if (key === "offset") offset = Number(entry.textOf(ENTRY.value));
      else if (key === "length") stated = Number(entry.textOf(ENTRY.value));
    }
    const data = await this.#externalFile(location, brief(message.textOf(TENSOR.name)));
    if (!Number.isSafeInteger(offset) || offset < 0 || stated !== length || offset + length > data.size) {
      const place = `from byte ${offset} on in ${location}, which has ${data.size}`;
      this.#fail(message, `[${shape}] of ${dtype} is to be ${stated} bytes ${place}; it takes ${length}`);
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

  #fail(tensor: ProtobufReader, detail: string): never {
    const name = brief(tensor.textOf(TENSOR.name));
    throw new ConvertError("checkpoint-malformed", this.#file, `the tensor ${name} ${detail}`);
  }
}

/** What a tensor says of itself, with no more of its axes than are allowed. */
function describe(message: ProtobufReader) {
  const shape: number[] = [];
  const raw = { begin: 0, end: 0 };
  let [type, axes, isExternal] = [0, 0, false];
  const addAxis = (low: number, high: number) => {
    if (axes++ < AXES_LIMIT) shape.push(high * 2 ** 32 + (low >>> 0));
  };
  const fields = message.again();
  while (fields.next()) {
    if (fields.field === TENSOR.dims) fields.numbers("varint", addAxis);
    else if (fields.field === TENSOR.dataType) type = fields.integer();
    else if (fields.field === TENSOR.dataLocation) isExternal = fields.integer() === EXTERNAL;
    else if (fields.field === TENSOR.rawData) [raw.begin, raw.end] = [fields.begin, fields.end];
  }
  return { type, shape, axes, raw, isExternal };
}

/** How many numbers a repeated field has. */
function count(message: ProtobufReader, field: number, dtype: Dtype): number {
  let numbers = 0;
  const fields = message.again();
  while (fields.next()) {
    if (fields.field === field) fields.numbers(WIRES[dtype] ?? "varint", () => numbers++);
  }
  return numbers;
}

/** A field's numbers as the first of `length` bytes, little-endian; the others stay 0, which a file may leave out. */
function numbersIn(
  message: ProtobufReader,
  field: number,
  dtype: Dtype,
  length: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const size = ITEM_SIZE[dtype];
  let at = 0;
  const put = (low: number, high: number) => {
    if (at === length) return;
    if (size === 1) view.setInt8(at, low);
    else if (size === 2) view.setInt16(at, low, true);
    else view.setInt32(at, low, true);
    if (size === 8) view.setInt32(at + 4, high, true);
    at += size;
  };
  const fields = message.again();
  while (fields.next()) if (fields.field === field) fields.numbers(WIRES[dtype] ?? "varint", put);
  return bytes;
}
