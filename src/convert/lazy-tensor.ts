import { ConvertError } from "../errors.ts";
import { convertFloats } from "../model/file/floats.ts";
import { type Dtype, ITEM_SIZE } from "../model/file/safetensors.ts";
import type { CheckpointTensor } from "./checkpoint-tensor.ts";
import { gather } from "./strided.ts";

// Views of tensors whose bytes have not been read: what they say of shape and type is known at once, the numbers are
// worked out when they are read.

/** More than lies between a weight and its layer; without a limit, reading a hostile graph's would exhaust the stack. */
const DEPTH_LIMIT = 64;

const depths = new WeakMap<CheckpointTensor, number>();

/** @throws {ConvertError} `unsupported` where views are of views of views, and so on */
function view(tensor: CheckpointTensor, of: readonly CheckpointTensor[]): CheckpointTensor {
  let depth = 1;
  for (const each of of) depth = Math.max(depth, 1 + (depths.get(each) ?? 0));
  if (depth > DEPTH_LIMIT) {
    throw new ConvertError("unsupported", tensor.file, `a weight is changed more than ${DEPTH_LIMIT} times`);
  }
  depths.set(tensor, depth);
  return tensor;
}

/** Axis `i` of the view is axis `order[i]` of the tensor. */
export function transposed(tensor: CheckpointTensor, order: readonly number[]): CheckpointTensor {
  const shape = order.map((axis) => tensor.shape[axis]!);
  const read = async () => {
    const strides = order.map((axis) => product(tensor.shape.slice(axis + 1)));
    return gather(await tensor.read(), ITEM_SIZE[tensor.dtype], product(shape), shape, strides);
  };
  return view({ ...tensor, shape, read }, [tensor]);
}

/** The same elements under another shape. */
export function reshaped(tensor: CheckpointTensor, shape: readonly number[]): CheckpointTensor {
  return view({ ...tensor, shape, read: () => tensor.read() }, [tensor]);
}

/** Rows `begin` to `end` of the first axis. */
export function rowsOf(tensor: CheckpointTensor, begin: number, end: number): CheckpointTensor {
  const shape = tensor.shape.with(0, end - begin);
  const read = async () => {
    const bytes = product(shape.slice(1)) * ITEM_SIZE[tensor.dtype];
    return (await tensor.read()).slice(begin * bytes, end * bytes);
  };
  return view({ ...tensor, shape, read }, [tensor]);
}

/** The rows of one tensor after those of another. */
export function stackedRows(tensors: readonly CheckpointTensor[]): CheckpointTensor {
  const [first] = tensors as [CheckpointTensor];
  const shape = [tensors.reduce((rows, { shape }) => rows + shape[0]!, 0), ...first.shape.slice(1)];
  const read = async () => {
    const parts: Uint8Array[] = [];
    for (const tensor of tensors) parts.push(await tensor.read());
    return Uint8Array.from(Buffer.concat(parts));
  };
  return view({ ...first, shape, read }, tensors);
}

/**
 * (value - zero point) · scale in float32, as ONNX's DequantizeLinear defines it.
 *
 * @param tensor I8 or U8
 * @param scale floats, and `zeroPoint` of the tensor's type: one for all, or one for each index of `axis`
 */
export function dequantized(
  tensor: CheckpointTensor,
  scale: CheckpointTensor,
  zeroPoint: CheckpointTensor | undefined,
  axis: number,
): CheckpointTensor {
  const read = async () => {
    const integers = integersOf(tensor.dtype, await tensor.read());
    const scales = await floatsOf(scale);
    const zeros = zeroPoint && integersOf(zeroPoint.dtype, await zeroPoint.read());
    const inner = product(tensor.shape.slice(axis + 1));
    const size = tensor.shape[axis] ?? 1;
    const values = new Float32Array(integers.length);
    for (let i = 0; i < values.length; i++) {
      const index = Math.floor(i / inner) % size;
      const zero = zeros?.[zeros.length === 1 ? 0 : index] ?? 0;
      values[i] = (integers[i]! - zero) * scales[scales.length === 1 ? 0 : index]!;
    }
    return new Uint8Array(values.buffer);
  };
  const used = zeroPoint === undefined ? [tensor, scale] : [tensor, scale, zeroPoint];
  return view({ file: tensor.file, dtype: "F32", shape: tensor.shape, read }, used);
}

export function product(sizes: readonly number[]): number {
  let all = 1;
  for (let i = 0; i < sizes.length; i++) all *= sizes[i]!;
  return all;
}

/**
 * A tensor's numbers in float32.
 *
 * @param overflow called with a finite one that is too large for it, and must throw; where it is left out, that one is infinite
 */
export async function floatsOf(
  tensor: CheckpointTensor,
  overflow?: (value: number) => never,
): Promise<Float32Array<ArrayBuffer>> {
  const { dtype } = tensor;
  const bytes = await tensor.read();
  if (dtype === "I64") return Float32Array.from(new BigInt64Array(bytes.buffer), Number);
  if (dtype === "I32") return Float32Array.from(new Int32Array(bytes.buffer));
  if (!/^B?F/.test(dtype)) return Float32Array.from(integersOf(dtype, bytes));
  if (dtype === "F64" && overflow === undefined) return Float32Array.from(new Float64Array(bytes.buffer));
  const floats = convertFloats(bytes, dtype, "F32", overflow ?? fits);
  return new Float32Array(floats.buffer as ArrayBuffer);
}

const fits = (value: number): never => {
  throw new RangeError(`${value} is of 16 or 32 bits, and yet too large for float32`);
};

const integersOf = (dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): Int8Array | Uint8Array =>
  dtype === "I8" ? new Int8Array(bytes.buffer) : bytes;
