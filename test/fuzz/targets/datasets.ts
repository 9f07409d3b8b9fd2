import { parseDataset } from "../../../src/data/index.ts";
import { unitsOfSpans } from "../../../src/data/units-of-spans.ts";
import type { Target } from "../target.ts";

export const target: Target = {
  parse(bytes) {
    const dataset = parseDataset(new TextDecoder().decode(bytes), "f");
    if (dataset.form === "cluener") for (const example of dataset.examples) unitsOfSpans(example);
  },
  seeds: () =>
    [
      "text_a\tlabel\n张\x02三\tB-P\x02I-P\n",
      '{"text": "张三a", "label": {"name": {"张三": [[0, 1]]}}}\n\n{"text": "b", "label": {}}\n',
      "-DOCSTART- -X- O\n\nEU NNP B-ORG\nrejects VBZ O\n\n",
      "张 B-P\n三 E-P\n  O\n\n\u{20000}\tS-P\n",
    ].map((text) => Buffer.from(text)),
  maxLength: 300,
  sources: [
    "src/data/parse-dataset.ts",
    "src/data/columns.ts",
    "src/data/cluener.ts",
    "src/data/waybill.ts",
    "src/data/units.ts",
    "src/data/units-of-spans.ts",
  ],
  dictionary: [
    "text_a\tlabel\n",
    '{"text":',
    '"label":{',
    "[[0,0]]",
    "B-P",
    "P-B",
    "-DOCSTART-",
    "\x02",
    "\r\n",
  ],
};
