import { parseClassification } from "../../../src/data/classification.ts";
import type { Target } from "../target.ts";

export const target: Target = {
  parse(bytes) {
    parseClassification(new TextDecoder().decode(bytes), "f");
  },
  seeds: () => ["sentence\tlabel\n很好\t1\n\n很差\t0\r\n", "a\tb"].map((text) => Buffer.from(text)),
  maxLength: 200,
  sources: ["src/data/classification.ts"],
  dictionary: ["sentence\tlabel\n", "\t", "\r\n", "\uFEFF"],
};
