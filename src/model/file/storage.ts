import { ModelFileError } from "../../errors.ts";
import type { Parameter } from "../parameters.ts";
import type { Dtype, TensorInfo } from "./safetensors.ts";
import type { TensorDescription } from "./safetensors-writer.ts";

/** How a model file holds a parameter; `docs/format.md` describes each. */
export type Storage = "f32" | "f16" | "int8" | "int4";

/** A parameter that a model file has, its shape as the model knows it. */
export interface StoredParameter extends Parameter {
  readonly storage: Storage;
}

/** Inputs that share a group scale in int4. */
export const INT4_GROUP = 32;

/** The largest group scale: times 7, the largest value, it is the most that fits int8's 127. */
export const GROUP_SCALE_LIMIT = 18;

/** Of float32: the largest, and the smallest above 0. */
export const LARGEST_FLOAT = 3.4028234663852886e38;
export const SMALLEST_FLOAT = 2 ** -149;

/** The least that a float of a tensor may be. Of a CRF's scores that is −∞, which forbids a step. */
export function leastFloat(tensor: string): number {
  if (tensor.endsWith(scaleName(""))) return SMALLEST_FLOAT;
  return tensor.startsWith("crf.") ? -Infinity : -LARGEST_FLOAT;
}

const STORAGES: Partial<Readonly<Record<Dtype, Storage>>> = {
  F32: "f32",
  F16: "f16",
  I8: "int8",
  U8: "int4",
};

/** What a parameter's tensor says of its storage; undefined where that is none which the parameter may have. */
export function storageOf(dtype: Dtype, { quantizable }: Parameter): Storage | undefined {
  const storage = STORAGES[dtype];
  return quantizable || storage === "f32" || storage === "f16" ? storage : undefined;
}

export const isQuantized = (storage: Storage): boolean => storage === "int8" || storage === "int4";

/** Beside quantized `name` [rows, inputs]: F32 [rows], what a row's integers count. */
export const scaleName = (name: string): string => `${name}.scale`;

/** Beside int4 `name` [rows, inputs]: U8 [rows, ceil(inputs / 32)], what a group's values count in integers. */
export const groupScaleName = (name: string): string => `${name}.group_scale`;

/** The tensors that hold a parameter, its scales before its values so that a stream brings them first. */
export function storedTensors({ name, shape }: Parameter, storage: Storage): TensorDescription[] {
  if (storage === "f32" || storage === "f16") {
    return [{ name, dtype: storage === "f32" ? "F32" : "F16", shape }];
  }
  const [rows, inputs] = shape as [number, number];
  const scale: TensorDescription = { name: scaleName(name), dtype: "F32", shape: [rows] };
  if (storage === "int8") return [scale, { name, dtype: "I8", shape }];
  return [
    scale,
    { name: groupScaleName(name), dtype: "U8", shape: [rows, Math.ceil(inputs / INT4_GROUP)] },
    { name, dtype: "U8", shape: [rows, Math.ceil(inputs / 2)] },
  ];
}

/**
 * Checks the values of a tensor of floats, row scales among them.
 *
 * @param source named in errors
 * @throws {ModelFileError} `bad-value`
 */
export function checkFloats(name: string, values: Float32Array, source: string): void {
  const least = leastFloat(name);
  const stranger = values.find((value) => !(value >= least && value <= LARGEST_FLOAT));
  if (stranger === undefined) return;
  const expected = least > 0 ? "scales are finite and positive" : "weights are finite";
  throw new ModelFileError("bad-value", source, `${expected}, not ${stranger}`, name);
}

/**
 * Checks the bytes of a group scale or an int8 matrix; what {@link unpackInt4} reads it checks itself.
 *
 * @param data the tensor's bytes, or some of its elements
 * @param source named in errors
 * @throws {ModelFileError} `bad-value`
 */
export function checkQuantizedValues({ name, dtype }: TensorInfo, data: Uint8Array, source: string): void {
  const fail = (expected: string, value: number): never => {
    throw new ModelFileError("bad-value", source, `${expected}, not ${value}`, name);
  };
  if (dtype === "I8") {
    const values = new Int8Array(data.buffer, data.byteOffset, data.byteLength);
    if (values.includes(-128)) fail("int8 values are from -127 to 127", -128);
  } else if (dtype === "U8" && name.endsWith(groupScaleName(""))) {
    const outside = data.find((value) => value < 1 || value > GROUP_SCALE_LIMIT);
    if (outside !== undefined) fail(`group scales are from 1 to ${GROUP_SCALE_LIMIT}`, outside);
  }
}
