import { test } from "node:test";
import { readCheckpoint } from "./checkpoint.ts";
import { assertHead, type Head, headFolder } from "./expected.ts";
import {
  maskedLanguageModel,
  multipleChoice,
  questionAnswering,
  sequenceClassification,
  tokenClassification,
} from "./heads.ts";

const HEADS: Record<string, Head> = {
  "token-classification": (checkpoint, _, x) => tokenClassification(checkpoint, x),
  "token-classification-noproj": (checkpoint, _, x) => tokenClassification(checkpoint, x),
  "token-classification-odd": (checkpoint, _, x) => tokenClassification(checkpoint, x),
  "sequence-classification": sequenceClassification,
  "multiple-choice": multipleChoice,
  "question-answering": (checkpoint, _, x) => questionAnswering(checkpoint, x),
  "masked-lm": maskedLanguageModel,
};

for (const [name, head] of Object.entries(HEADS)) {
  test(`${name}: the reference computes what PyTorch did`, () => {
    const folder = headFolder(name);
    assertHead(folder, readCheckpoint(new URL("model.safetensors", folder)), head);
  });
}
