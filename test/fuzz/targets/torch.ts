import { readTorchStream } from "../../../src/convert/torch/stream.ts";
import { readTorchZip } from "../../../src/convert/torch/zip.ts";
import { smallStream, smallZip, zip } from "../../attacks/assemble.ts";
import { MemoryFile } from "../memory-file.ts";
import type { Target } from "../target.ts";

export const target: Target = {
  async parse(bytes) {
    const file = new MemoryFile(bytes);
    const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
    const tensors = await (isZip ? readTorchZip(file) : readTorchStream(file));
    for (const tensor of tensors.values()) await tensor.read();
  },
  seeds: () => [zip(smallZip()), smallStream()],
  maxLength: 1500,
  sources: ["src/convert/torch/zip.ts", "src/convert/torch/stream.ts", "src/convert/strided.ts"],
  dictionary: [
    "PK\x01\x02",
    "PK\x03\x04",
    "PK\x05\x06",
    "PK\x06\x06",
    "PK\x06\x07",
    "m/data/0",
    "m/data.pkl",
  ],
};
