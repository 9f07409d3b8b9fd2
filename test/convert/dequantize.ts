import { type Dtype, parseHeader } from "../../src/model/file/safetensors.ts";
import { serializeSafetensors } from "../../src/model/file/safetensors-writer.ts";

/** A tensor's bytes in memory of their own. */
export interface RawTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Metadata and tensors of a safetensors file. */
export function readRaw(file: Uint8Array): {
  metadata: Record<string, string>;
  tensors: Map<string, RawTensor>;
} {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = parseHeader(file.subarray(8, 8 + length), "memory");
  const tensors = new Map<string, RawTensor>();
  for (const { name, dtype, shape, begin, end } of header.tensors.values()) {
    tensors.set(name, { dtype, shape, data: Uint8Array.from(file.subarray(begin, end)) });
  }
  return { metadata: Object.fromEntries(header.metadata), tensors };
}

/**
 * The numbers that every parameter of a model file stands for, as `docs/format.md` says it and with none of the
 * library's own unpacking.
 */
export function dequantize(file: Uint8Array): Map<string, Float32Array<ArrayBuffer>> {
  const { tensors } = readRaw(file);
  const floats = new Map<string, Float32Array<ArrayBuffer>>();
  for (const [name, { dtype, shape, data }] of tensors) {
    if (/\.(group_)?scale$/.test(name)) continue;
    const scales = new Float32Array(tensors.get(`${name}.scale`)?.data.buffer ?? new ArrayBuffer(0));
    if (dtype === "F32") floats.set(name, new Float32Array(data.buffer));
    else if (dtype === "F16") floats.set(name, Float32Array.from(new Float16Array(data.buffer)));
    else if (dtype === "I8") {
      const values = new Int8Array(data.buffer);
      floats.set(
        name,
        Float32Array.from(values, (value, i) => value * scales[Math.floor(i / shape[1]!)]!),
      );
    } else {
      const groups = tensors.get(`${name}.group_scale`)!;
      floats.set(name, dequantizeInt4(data, groups, scales, inputsOf(tensors, name)));
    }
  }
  return floats;
}

function dequantizeInt4(
  packed: Uint8Array,
  groups: RawTensor,
  scales: Float32Array,
  inputs: number,
): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: scales.length * inputs }, (_, i) => {
    const [row, input] = [Math.floor(i / inputs), i % inputs];
    const nibble = (packed[row * Math.ceil(inputs / 2) + (input >> 1)]! >> (input % 2 === 0 ? 0 : 4)) & 15;
    const group = groups.data[row * groups.shape[1]! + Math.floor(input / 32)]!;
    return (nibble > 7 ? nibble - 16 : nibble) * group * scales[row]!;
  });
}

/** The header has a packed matrix's bytes, not its inputs: those are its layer's. */
function inputsOf(tensors: ReadonlyMap<string, RawTensor>, name: string): number {
  const length = (other: string) => tensors.get(other)!.shape[0]!;
  const layer = /^(electra\.encoder\.layer\.\d+)\.output\.dense\.weight$/.exec(name)?.[1];
  if (layer !== undefined) return length(`${layer}.intermediate.dense.bias`);
  const narrow = /^(electra\.embeddings|generator_lm_head)/.test(name);
  return length(
    narrow ? "electra.embeddings.LayerNorm.weight" : "electra.encoder.layer.0.output.LayerNorm.weight",
  );
}

/** A quantized model file as an f32 one that means the same. */
export function asFloats(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const { metadata, tensors } = readRaw(file);
  const { quantization_error, ...rest } = metadata;
  const floats = [...dequantize(file)].map(([name, values]) => {
    const { shape } = tensors.get(name)!;
    const logical = shape.length === 2 ? [shape[0]!, values.length / shape[0]!] : shape;
    return { name, dtype: "F32" as const, shape: logical, data: new Uint8Array(values.buffer) };
  });
  return new Uint8Array(Buffer.concat([...serializeSafetensors(rest, floats)]));
}
