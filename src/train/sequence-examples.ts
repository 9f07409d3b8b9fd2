import type { LabelledUnits } from "../data/dataset.ts";
import { assertKnown, assertLength, type ExampleForm, type TextExample } from "./examples.ts";
import { assertLabels } from "./labels.ts";

/**
 * Examples whose texts carry one label each, as their only unit's.
 *
 * @throws {DataError} as `tokenExamples` does
 */
export function sequenceExamples(
  texts: readonly LabelledUnits[],
  { tokenizer, labels, maxTokens }: ExampleForm,
  file: string,
): TextExample[] {
  assertLabels(texts, labels, file);
  const examples = texts.map(({ text, line, labels: [label] }): TextExample => {
    const { ids: inputIds } = tokenizer.encode(text);
    assertLength(inputIds, maxTokens, file, line);
    const [start, end] = [Int32Array.of(0), Int32Array.of(text.length)];
    return { text, line, inputIds, labels: Int32Array.of(labels.indexOf(label!)), start, end };
  });
  assertKnown(examples, tokenizer, file);
  return examples;
}
