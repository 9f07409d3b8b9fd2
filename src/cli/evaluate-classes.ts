import { parseClassification } from "../data/classification.ts";
import { readTextFile } from "../data/text-file.ts";
import { type SingleLabelScores, scoreLabels } from "../metrics/classification-scores.ts";
import { type EngineOptions, engineOf } from "./engine-options.ts";
import { evaluateEach } from "./evaluate-each.ts";
import { at } from "./tagger.ts";

/** What `evaluate --json` prints of a text classifier. */
export interface ClassEvaluation extends SingleLabelScores {
  /** How many texts. */
  readonly examples: number;
  /** Time spent on the texts, without loading the model and reading the data. */
  readonly seconds: number;
}

/** Compares the label that a model gives each text with the one that the data set has. */
export async function evaluateClasses(
  model: string,
  data: string,
  options: EngineOptions,
): Promise<ClassEvaluation> {
  const examples = parseClassification(await readTextFile(data), data);
  const { pipeline } = await import("../index.node.ts");
  const classify = await pipeline("text-classification", model, engineOf(options));
  const found: string[] = [];
  const seconds = await evaluateEach(examples, "texts", classify, async ({ text, line }) => {
    const [best] = await at(`${data}:${line}`, classify(text));
    found.push(best!.label);
  });
  const expected = examples.map(({ label }) => label);
  return { ...scoreLabels(expected, found), examples: examples.length, seconds };
}
