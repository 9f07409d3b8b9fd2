import { ModelFileError } from "../errors.ts";
import { unpackInt4 } from "../model/int4.ts";
import type { StoredParameter } from "../model/storage.ts";
import { checkQuantizedValues, groupScaleName, scaleName } from "../model/storage.ts";
import type { OpenModelFile } from "./checkpoint.ts";
import { convertFloats } from "./floats.ts";

/**
 * The numbers that a parameter of a model file stands for, however it is stored.
 *
 * @throws {ModelFileError} `bad-value` where quantized values break a rule
 */
export async function readValues(
  model: OpenModelFile,
  { name, shape, storage }: StoredParameter,
): Promise<Float32Array> {
  const { file, tensors } = model;
  const read = async (tensorName: string) => {
    const bytes = await tensors.get(tensorName)!.read();
    checkQuantizedValues(file.tensors.get(tensorName)!, bytes, file.name);
    return bytes;
  };
  if (storage === "f32" || storage === "f16") {
    const bytes = convertFloats(
      await tensors.get(name)!.read(),
      storage === "f32" ? "F32" : "F16",
      "F32",
      doesNotFit,
    );
    return new Float32Array(bytes.buffer as ArrayBuffer);
  }
  const [rows, inputs] = shape as [number, number];
  const scales = new Float32Array((await read(scaleName(name))).buffer);
  let integers: Int8Array;
  if (storage === "int8") {
    integers = new Int8Array((await read(name)).buffer);
  } else {
    integers = new Int8Array(rows * inputs);
    const groupScales = await read(groupScaleName(name));
    if (!unpackInt4(await tensors.get(name)!.read(), groupScales, inputs, integers)) {
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
