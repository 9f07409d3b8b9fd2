import assert from "node:assert/strict";
import { test } from "node:test";
import type { LabelledUnits } from "../../src/data/dataset.ts";
import { DataError } from "../../src/errors.ts";
import { tokenizerOver } from "../../src/text/build-vocab.ts";
import { createTokenizer } from "../../src/text/tokenizer.ts";
import { crfTokensOf, tokenExamples } from "../../src/train/examples.ts";
import { labelsOf } from "../../src/train/labels.ts";
import { sequenceExamples } from "../../src/train/sequence-examples.ts";

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const pieces = createTokenizer(
  tokenizerOver([...SPECIAL, "un", "##like", "##ly", "paris"], "wordpiece", true),
);
const characters = createTokenizer(tokenizerOver([...SPECIAL, "张", "三", "在"], "characters", true));

/** A text of words and their labels, `"Paris/B-LOC"`, joined by a space. */
function words(line: number, ...tagged: string[]): LabelledUnits {
  const units = [];
  let text = "";
  for (const word of tagged.map((part) => part.split("/")[0]!)) {
    if (text !== "") text += " ";
    units.push({ start: text.length, end: text.length + word.length });
    text += word;
  }
  return { text, line, units, labels: tagged.map((part) => part.split("/")[1]!) };
}

test("a unit's first piece carries its label, the others none", () => {
  const text = words(1, "unlikely/O", "Paris/B-LOC");
  const [example] = tokenExamples([text], { tokenizer: pieces, labels: ["O", "B-LOC"], maxTokens: 9 }, "f");
  assert.deepEqual([...example!.inputIds], [2, 5, 6, 7, 8, 3]);
  assert.deepEqual([...example!.labels], [-100, 0, -100, -100, 1, -100]);
  assert.deepEqual([...example!.start], [0, 9]);
  assert.deepEqual([...example!.end], [2, 14]);
  assert.equal(crfTokensOf([example!]), "first-piece");
});

test("a unit that no token stands for is left out, and a text of none", () => {
  const form = { tokenizer: pieces, labels: ["O", "B-LOC"], maxTokens: 9 };
  const [example, ...others] = tokenExamples(
    [words(1, "Paris/B-LOC", "\u200B/O", "unlikely/O"), words(2, "\u200B/O")],
    form,
    "f",
  );
  assert.deepEqual([...example!.labels], [-100, 1, 0, -100, -100, -100]);
  assert.equal(others.length, 0);
});

test("characters carry a label each", () => {
  const units = [0, 1, 2].map((start) => ({ start, end: start + 1 }));
  const text = { text: "张三在", line: 1, units, labels: ["B-P", "I-P", "O"] };
  const labels = labelsOf([text]);
  assert.deepEqual(labels, ["O", "B-P", "I-P"]);
  const [example] = tokenExamples([text], { tokenizer: characters, labels, maxTokens: 5 }, "f");
  assert.deepEqual([...example!.labels], [-100, 1, 2, 0, -100]);
  assert.equal(crfTokensOf([example!]), "characters");
});

test("whole texts have one label", () => {
  const text = { text: "Paris", line: 3, units: [{ start: 0, end: 5 }], labels: ["good"] };
  const form = { tokenizer: pieces, labels: ["bad", "good"], maxTokens: 3 };
  const [example] = sequenceExamples([text], form, "f");
  assert.deepEqual([...example!.inputIds], [2, 8, 3]);
  assert.deepEqual([...example!.labels], [1]);
});

test("what is wrong is told with file and line", () => {
  const labels = ["O", "B-LOC"];
  const refuses = (texts: LabelledUnits[], maxTokens: number, expected: RegExp) => {
    for (const make of [tokenExamples, sequenceExamples]) {
      assert.throws(
        () => make(texts, { tokenizer: pieces, labels, maxTokens }, "train.conll"),
        (error) => error instanceof DataError && expected.test(error.message),
      );
    }
  };
  refuses([words(4, "Paris/B-PER")], 9, /^train\.conll:4: the label "B-PER" is unknown; known are O, B-LOC$/);
  refuses([words(1, "Paris/O"), words(5, "unlikely/O")], 4, /^train\.conll:5: the text takes 5 tokens/);
  refuses([words(2, "Paris/O"), words(6, "Rome/O")], 9, /^train\.conll:6: the vocabulary lacks 50 %/);
  refuses(
    [words(2, "Paris/O"), words(6, "Rome/O", "Rome/O")],
    9,
    /^train\.conll:6: the vocabulary lacks 67 %/,
  );
});
