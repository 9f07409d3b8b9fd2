import { checkByteLength, parseHeader, readHeaderLength } from "../../../src/model/file/safetensors.ts";
import { serializeSafetensors } from "../../../src/model/file/safetensors-writer.ts";
import type { Target } from "../target.ts";

const file = (tensors: Parameters<typeof serializeSafetensors>[1], metadata = {}) =>
  new Uint8Array(Buffer.concat([...serializeSafetensors(metadata, tensors)]));

export const target: Target = {
  parse(bytes) {
    const length = readHeaderLength(bytes, "f");
    checkByteLength(parseHeader(bytes.subarray(8, 8 + length), "f"), bytes.length, "f");
  },
  seeds: () => [
    file([]),
    file([{ name: "a", dtype: "F32", shape: [2, 3], data: new Uint8Array(24) }], { format: "pt" }),
    file([
      { name: "a", dtype: "F16", shape: [2], data: new Uint8Array(4) },
      { name: "b", dtype: "I8", shape: [0, 4], data: new Uint8Array(0) },
      { name: "c", dtype: "U8", shape: [], data: new Uint8Array(1) },
    ]),
  ],
  maxLength: 512,
  sources: ["src/model/file/safetensors.ts", "src/model/file/json.ts", "src/model/file/signature.ts"],
  dictionary: [
    '"dtype":',
    '"shape":',
    '"data_offsets":',
    '"__metadata__":',
    '"F32"',
    '"BF16"',
    "[0,8]",
    "{}",
  ],
};
