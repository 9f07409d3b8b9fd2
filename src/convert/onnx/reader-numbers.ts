import { halfToFloat32Bits } from "../../model/file/floats.ts";
import { type Dtype, ITEM_SIZE } from "../../model/file/safetensors.ts";
import type { CheckpointTensor } from "../checkpoint-tensor.ts";
import { floatsOf, product } from "../lazy-tensor.ts";
import { AXES_LIMIT, OwnTensor } from "./reader-tensors.ts";
import type { Constant, Value } from "./reader-values.ts";

// The numbers of small constants: scalars and lists of sizes, which say what a node does. They are read once each, before
// the first node that takes them, so that no operator has to wait.

/** Reused: memory for each of thousands of numbers would be many times the file. */
const SCRATCH = new Uint8Array(8 * AXES_LIMIT);
const VIEW = new DataView(SCRATCH.buffer);
const HALF = new DataView(new ArrayBuffer(4));

const numbers = new WeakMap<CheckpointTensor, readonly number[]>();

/** Whether a value is a number or short list that has not been read. */
export function hasUnreadNumbers(value: Value | undefined): value is Constant {
  if (value?.kind !== "constant" || numbers.has(value.tensor)) return false;
  const elements = product(value.tensor.shape);
  return elements === 1 || (elements <= AXES_LIMIT && value.tensor.shape.length === 1);
}

/** @returns a promise where they are in a file of their own */
export function readNumbers({ tensor }: Constant): Promise<void> | undefined {
  if (!(tensor instanceof OwnTensor)) {
    return floatsOf(tensor).then((floats) => void numbers.set(tensor, Array.from(floats)));
  }
  SCRATCH.fill(0);
  tensor.readInto(SCRATCH);
  const list = Array<number>(product(tensor.shape));
  for (let i = 0; i < list.length; i++) list[i] = Math.fround(numberAt(i, tensor.dtype));
  numbers.set(tensor, list);
  return undefined;
}

function numberAt(index: number, dtype: Dtype): number {
  const at = index * ITEM_SIZE[dtype];
  switch (dtype) {
    case "I64":
      return Number(VIEW.getBigInt64(at, true));
    case "I32":
      return VIEW.getInt32(at, true);
    case "F64":
      return VIEW.getFloat64(at, true);
    case "F32":
      return VIEW.getFloat32(at, true);
    case "I8":
      return VIEW.getInt8(at);
    case "F16":
    case "BF16": {
      const bits = VIEW.getUint16(at, true);
      HALF.setInt32(0, dtype === "F16" ? halfToFloat32Bits(bits) : bits << 16);
      return HALF.getFloat32(0);
    }
    default:
      return VIEW.getUint8(at);
  }
}

/** A constant's numbers; undefined for any other value, and where there are more than a list of sizes has. */
export const numbersOf = (value: Value | undefined): readonly number[] | undefined =>
  value?.kind === "constant" ? numbers.get(value.tensor) : undefined;

/** The one number of a constant; undefined for any other value. */
export function scalarOf(value: Value | undefined): number | undefined {
  const list = numbersOf(value);
  return list?.length === 1 ? list[0] : undefined;
}

/** A view of constants whose numbers are known, if they are: they needn't be read through it. */
export function withNumbers(tensor: CheckpointTensor, list: readonly number[] | undefined): Constant {
  if (list !== undefined) numbers.set(tensor, list);
  return { kind: "constant", tensor };
}

/** @param file the graph's */
export function constantNumber(number: number, file: string): Constant {
  const read = async () => new Uint8Array(Float32Array.of(number).buffer);
  const tensor: CheckpointTensor = { file, dtype: "F32", shape: [], read };
  return withNumbers(tensor, [Math.fround(number)]);
}
