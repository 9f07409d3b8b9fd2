import { ModelFileError } from "../../errors.ts";
import { convertFloats } from "./floats.ts";
import { unpackInt4 } from "./int4.ts";
import type { ModelFile } from "./model-file.ts";
import {
  checkFloats,
  checkQuantizedValues,
  groupScaleName,
  type StoredParameter,
  scaleName,
} from "./storage.ts";

/**
 * The numbers that a parameter of a model file stands for, however it is stored.
 *
 * @param bytesOf the bytes of one of the file's tensors, in memory of their own, so that they are aligned
 * @throws {ModelFileError} `bad-value` where values break a rule
 */
export function modelValues(
  file: ModelFile,
  { name, shape, storage }: StoredParameter,
  bytesOf: (tensor: string) => Uint8Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const checked = (tensorName: string) => {
    const bytes = bytesOf(tensorName);
    checkQuantizedValues(file.tensors.get(tensorName)!, bytes, file.name);
    return bytes;
  };
  if (storage === "f32" || storage === "f16") {
    const bytes = convertFloats(bytesOf(name), storage === "f32" ? "F32" : "F16", "F32", doesNotFit);
    const floats = new Float32Array(bytes.buffer as ArrayBuffer);
    checkFloats(name, floats, file.name);
    return floats;
  }
  const [rows, inputs] = shape as [number, number];
  const scales = new Float32Array(bytesOf(scaleName(name)).buffer);
  checkFloats(scaleName(name), scales, file.name);
  let integers: Int8Array;
  if (storage === "int8") {
    integers = new Int8Array(checked(name).buffer);
  } else {
    integers = new Int8Array(rows * inputs);
    if (!unpackInt4(bytesOf(name), checked(groupScaleName(name)), inputs, integers)) {
      throw new ModelFileError("bad-value", file.name, "int4 values are from -7 to 7, not -8", name);
    }
  }
  const values = new Float32Array(rows * inputs);
  for (let i = 0; i < values.length; i++) values[i] = integers[i]! * scales[Math.floor(i / inputs)]!;
  return values;
}

/** A model file holds nothing wider than float32, so that this can't happen. */
function doesNotFit(value: number): never {
  throw new RangeError(`${value} does not fit float32`);
}
