import { join, pickle, storage } from "./assemble.ts";
import type { Regression } from "./regression.ts";

const dictOfList = join(pickle.proto(), pickle.global("collections", "OrderedDict"), "q\0");

export const HOSTILE_CHECKPOINTS: readonly Regression[] = [
  {
    target: "pickle",
    name: "one list, many dicts",
    reason: "each five bytes made a dict of the same thousand pairs, until the process was out of memory",
    bytes: () => join(dictOfList, "](", "NN\x86".repeat(1000), "e\x85q\x01", "h\0h\x01R".repeat(50_000), "."),
  },
  {
    target: "pickle",
    name: "empty dicts without end",
    reason:
      "a dict of one byte takes some hundred in memory, and lists took them off the stack, which is limited",
    bytes: () => join("](", `](${"}".repeat(5000)}e`.repeat(200), "e."),
  },
  {
    target: "pickle",
    name: "one shape of thousands of axes, many tensors",
    reason: "every tensor copied the shape that all shared: memory grew with the square of the file",
    bytes: () =>
      join(
        storage("0", pickle.int(1)),
        "q\0](",
        "K\x01".repeat(20_000),
        "eq\x01",
        pickle.global("torch._utils", "_rebuild_tensor_v2"),
        "q\x02",
        "h\x02(h\0K\0h\x01h\x01tR".repeat(20_000),
        ".",
      ),
  },
];
