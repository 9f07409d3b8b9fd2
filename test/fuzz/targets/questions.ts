import { parseQuestions } from "../../../src/data/questions.ts";
import type { Target } from "../target.ts";

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const QAS = [
  { question: "q", answers: [{ text: "a" }] },
  { query_text: "r", is_impossible: true, answers: [] },
];

export const target: Target = {
  parse(bytes) {
    parseQuestions(new TextDecoder().decode(bytes), "f");
  },
  seeds: () => [
    json({ data: [{ paragraphs: [{ context: "a b", qas: QAS }] }] }),
    json([{ context_text: "a", qas: [{ query_text: "q", answers: ["a"] }] }]),
  ],
  maxLength: 300,
  sources: ["src/data/questions.ts", "src/data/json.ts"],
  dictionary: ['"data":[', '"paragraphs":[', '"qas":[', '"answers":[', '"context":', '"query_text":'],
};
