import { unpickle } from "../../../src/convert/torch/pickle.ts";
import { TorchState } from "../../../src/convert/torch/state.ts";
import { SMALL_STATE } from "../../attacks/assemble.ts";
import { MemoryFile } from "../memory-file.ts";
import type { Target } from "../target.ts";

export const target: Target = {
  parse(bytes) {
    const state = new TorchState("f");
    const { value } = unpickle(bytes, 0, state);
    state.tensors(value, new MemoryFile(bytes), () => 0);
  },
  seeds: () => [
    SMALL_STATE,
    Buffer.from("\x80\x02}q\0(X\x01\0\0\0aK\x01K\x02\x86q\x01u.", "latin1"),
    Buffer.from("\x80\x04ccollections\nOrderedDict\n](X\x01\0\0\0aN\x86e\x85R}b.", "latin1"),
  ],
  maxLength: 512,
  sources: ["src/convert/torch/pickle.ts", "src/convert/torch/state.ts"],
  dictionary: [
    "ctorch\nFloatStorage\n",
    "ctorch._utils\n_rebuild_tensor_v2\n",
    "ctorch._utils\n_rebuild_parameter\n",
    "ccollections\nOrderedDict\n",
  ],
};
