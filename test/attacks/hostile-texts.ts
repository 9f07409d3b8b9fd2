import type { Regression } from "./regression.ts";

const text = (content: string) => Buffer.from(content);
/** Deeper than the stack of what calls itself for each level. */
const NESTED = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

export const HOSTILE_TEXTS: readonly Regression[] = [
  {
    target: "datasets",
    name: "text that nests",
    reason:
      "the message wrote the value out, which exhausted the stack: a RangeError in place of a DataError",
    bytes: () => text(`{"text": ${NESTED}, "label": {}}`),
  },
  {
    target: "datasets",
    name: "many entities in one text",
    reason: "every character went through all entities: minutes for a line of a megabyte",
    bytes: () => {
      const ranges = JSON.stringify(Array.from({ length: 30_000 }, (_, i) => [i, i]));
      return text(`{"text": "${"a".repeat(30_000)}", "label": {"t": {"a": ${ranges}}}}`);
    },
  },
  {
    target: "questions",
    name: "question that nests",
    reason:
      "the message wrote the value out, which exhausted the stack: a RangeError in place of a DataError",
    bytes: () => text(`[{"context": "a", "qas": [{"question": ${NESTED}, "answers": []}]}]`),
  },
  {
    target: "config",
    name: "activation that is an object",
    reason:
      "it was looked up by a name that an object can refuse to give: a TypeError in place of a ConvertError",
    bytes: () => text('{"architectures": ["ElectraModel"], "hidden_act": {"toString": 1}}'),
  },
  {
    target: "config",
    name: "a hundred thousand labels",
    reason: "a number of six digits made that many names, several megabytes",
    bytes: () => text('{"architectures": ["ElectraForTokenClassification"], "num_labels": 100000}'),
  },
  {
    target: "tokenizer",
    name: "post-processor's piece that is an object",
    reason: "joined to a message, it refused to be a string: a TypeError in place of a ConvertError",
    bytes: () => {
      const tokenizer = {
        model: { type: "WordPiece", vocab: { a: 0 } },
        pre_tokenizer: { type: "BertPreTokenizer" },
        post_processor: { type: "TemplateProcessing", single: [{ SpecialToken: { id: { toString: 1 } } }] },
      };
      return text(`\0${JSON.stringify(tokenizer)}\0\0`);
    },
  },
  {
    target: "http",
    name: "parameters that nest",
    reason:
      "requests with the same parameters are known by their JSON, whose writing exhausted the stack: status 500",
    bytes: () => text(`0{"inputs": "a", "parameters": {"constraints": {"a": ${NESTED}}}}`),
  },
  {
    target: "http",
    name: "choices without end",
    reason: "the context was turned into tokens again for each of them: the server answered nobody meanwhile",
    bytes: () =>
      text(`2{"inputs": {"context": "${"a".repeat(100)}", "choices": [""${',""'.repeat(300_000)}]}}`),
  },
];
