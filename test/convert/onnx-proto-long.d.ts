/** The type of 64-bit integers that onnx-proto's declarations use without importing it. */
type Long = import("long").default;
