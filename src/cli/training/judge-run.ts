import { readDataset } from "../../data/index.ts";
import type { EntitySpan } from "../../metrics/entity-scores.ts";
import type { FoundEntity, JudgedText } from "../../report/judgement.ts";
import { parseTokenizerConfig } from "../../text/tokenizer.ts";
import type { TextExample } from "../../train/examples.ts";
import { labelOf } from "../entity-types.ts";
import { markedTexts } from "../marked-entities.ts";
import { startProgress } from "../progress.ts";
import { loadTagger, tagAt } from "../tagger.ts";
import { createTrainee } from "./create-trainee.ts";
import type { FinetuneOptions } from "./finetune-options.ts";
import type { FinetunePlan } from "./finetune-plan.ts";
import type { State } from "./run-folder.ts";

/** What the model file that a run wrote finds in the dev texts, each entity with its probability. */
export async function judgeTagger(options: FinetuneOptions, plan: FinetunePlan): Promise<JudgedText[]> {
  const { output, dev, threads, kernels } = options;
  const texts = markedTexts(await readDataset(dev));
  const tag = await loadTagger(output, { threads, ...(kernels === undefined ? {} : { kernels }) });
  // Without a CRF, a word's later pieces have never had a label to learn.
  const { crf, tokenizer } = plan.metadata;
  const pieces = crf === undefined && parseTokenizerConfig(tokenizer, output).type === "wordpiece";
  const aggregation_strategy = pieces ? "first" : "simple";
  const progress = startProgress("texts", process.stderr);
  const judged: JudgedText[] = [];
  try {
    for (const { text, line, entities } of texts) {
      const findings = await tagAt(`${dev}:${line}`, tag, text, { aggregation_strategy });
      const found = findings.map((finding): FoundEntity => {
        const { start, end, score } = finding;
        return { type: labelOf(finding), start, end, probability: score };
      });
      judged.push({ text, line, expected: entities, found });
      progress.update(judged.length, judged.length / texts.length);
    }
  } finally {
    progress.stop();
    tag.dispose();
  }
  return judged;
}

const BATCH = 32;

/** What a run's best weights say of the dev texts, each label with its probability. */
export async function judgeClassifier(
  { dropout, seeds, threads, kernels }: FinetuneOptions,
  { metadata: { config, labels }, dev }: FinetunePlan,
  weights: State,
): Promise<JudgedText[]> {
  const trainee = await createTrainee(
    {
      config,
      head: "sequence",
      labels: labels.length,
      hidden_dropout_prob: dropout,
      attention_probs_dropout_prob: dropout,
      classifier_dropout: dropout,
      seed: seeds[0]!,
      threads,
      ...(kernels === undefined ? {} : { kernels }),
    },
    weights,
  );
  const judged: JudgedText[] = [];
  try {
    for (let first = 0; first < dev.length; first += BATCH) {
      const batch = dev.slice(first, first + BATCH);
      const probabilities = await trainee.probabilities(batch);
      for (const [i, example] of batch.entries()) judged.push(classified(example, probabilities[i]!, labels));
    }
  } finally {
    trainee.dispose();
  }
  return judged;
}

function classified(
  { text, line, labels: [expected] }: TextExample,
  probabilities: Float32Array,
  labels: readonly string[],
): JudgedText {
  const probability = Math.max(...probabilities);
  const whole = (id: number): EntitySpan => ({ type: labels[id]!, start: 0, end: text.length });
  const found = { ...whole(probabilities.indexOf(probability)), probability };
  return { text, line, expected: [whole(expected!)], found: [found] };
}
