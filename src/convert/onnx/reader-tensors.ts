import { lstat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConvertError } from "../../errors.ts";
import { brief } from "../../model/file/json.ts";
import { type Dtype, ITEM_SIZE } from "../../model/file/safetensors.ts";
import { BinaryFile, readError } from "../binary-file.ts";
import type { CheckpointTensor } from "../checkpoint-tensor.ts";
import { product } from "../lazy-tensor.ts";
import { ATTRIBUTE, ELEMENT_TYPES, ENTRY, EXTERNAL, TENSOR } from "./fields.ts";
import type { NumberWire, ProtobufReader } from "./protobuf-reader.ts";
import type { OnnxNode } from "./reader-node.ts";

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
  open(message: ProtobufReader): Promise<CheckpointTensor> | CheckpointTensor | undefined {
    const dtype = DTYPES[integerOf(message, TENSOR.dataType)];
    if (dtype === undefined) return undefined;
    const axes = count(message, TENSOR.dims);
    if (axes > AXES_LIMIT) this.#fail(message, `has ${axes} axes, more than ${AXES_LIMIT}`);
    const shape = shapeOf(message, axes);
    const length = product(shape) * ITEM_SIZE[dtype];
    if (!Number.isSafeInteger(length) || shape.some(isNegative)) {
      this.#fail(message, `has the shape [${shape}]`);
    }
    if (integerOf(message, TENSOR.dataLocation) === EXTERNAL) {
      return this.#openExternal(message.again(), dtype, shape, length);
    }
    const came = rawLength(message) || count(message, fieldOf(dtype), WIRES[dtype]) * ITEM_SIZE[dtype];
    if (came !== length) {
      this.#fail(message, `[${shape}] of ${dtype} takes ${length} bytes, but ${came} came`);
    }
    return new OwnTensor(this.#file, dtype, shape, message.again(), fieldOf(dtype));
  }

  /** What a `Constant` node has as numbers; undefined where it has none. */
  ofNumbers(node: OnnxNode): CheckpointTensor | undefined {
    for (const [name, field, dtype, isList] of NUMBERS) {
      const attribute = node.attribute(name);
      if (attribute === undefined) continue;
      const shape = isList ? [count(attribute, field, WIRES[dtype])] : [];
      return new OwnTensor(this.#file, dtype, shape, attribute, field);
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

/** A tensor whose numbers a message of the file holds. */
export class OwnTensor implements CheckpointTensor {
  readonly file: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly #message: ProtobufReader;
  /** Where the message has them, if not as bytes. */
  readonly #field: number;

  constructor(file: string, dtype: Dtype, shape: readonly number[], message: ProtobufReader, field: number) {
    this.file = file;
    this.dtype = dtype;
    this.shape = shape;
    this.#message = message;
    this.#field = field;
  }

  async read(): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(product(this.shape) * ITEM_SIZE[this.dtype]);
    this.readInto(bytes);
    return bytes;
  }

  /** Fills the bytes with the first numbers, little-endian; those that the file leaves out stay as they were. */
  readInto(bytes: Uint8Array<ArrayBuffer>): void {
    const message = this.#message.rewind();
    let hasBytes = false;
    while (message.next()) {
      if (message.field !== TENSOR.rawData) continue;
      message.copyInto(bytes);
      hasBytes = message.end > message.begin;
    }
    if (!hasBytes) readNumbers(message, this.#field, this.dtype, bytes);
  }
}

const isNegative = (size: number): boolean => size < 0;

/** How many bytes a tensor has as such. */
function rawLength(message: ProtobufReader): number {
  let length = 0;
  message.rewind();
  while (message.next()) if (message.field === TENSOR.rawData) length = message.end - message.begin;
  return length;
}

const fieldOf = (dtype: Dtype): number => DATA[dtype] ?? TENSOR.int32Data;

/** The last of a field's integers; 0 where there is none. */
function integerOf(message: ProtobufReader, field: number): number {
  let value = 0;
  message.rewind();
  while (message.next()) if (message.field === field) value = message.integer();
  return value;
}

function shapeOf(message: ProtobufReader, axes: number): readonly number[] {
  const shape = Array<number>(axes);
  let axis = 0;
  const set = (low: number, high: number) => {
    shape[axis++] = high * 2 ** 32 + (low >>> 0);
  };
  message.rewind();
  while (message.next()) if (message.field === TENSOR.dims) message.numbers("varint", set);
  return shape;
}

/** How many numbers a repeated field has. */
function count(message: ProtobufReader, field: number, wire: NumberWire = "varint"): number {
  let numbers = 0;
  message.rewind();
  while (message.next()) if (message.field === field) numbers += message.countNumbers(wire);
  return numbers;
}

function readNumbers(
  message: ProtobufReader,
  field: number,
  dtype: Dtype,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  const size = ITEM_SIZE[dtype];
  let at = 0;
  const put = (low: number, high: number) => {
    for (let i = 0; i < size && at < bytes.length; i++)
      bytes[at++] = i < 4 ? low >> (8 * i) : high >> (8 * (i - 4));
  };
  message.rewind();
  while (message.next()) if (message.field === field) message.numbers(WIRES[dtype] ?? "varint", put);
}
