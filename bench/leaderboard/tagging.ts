import { markedTexts } from "../../src/cli/marked-entities.ts";
import { readDataset } from "../../src/data/index.ts";
import { EntityScorer, type EntitySpan } from "../../src/metrics/entity-scores.ts";
import { indexOfMaximum } from "../../src/model/scores.ts";
import { formatCount } from "../../src/report/numbers.ts";
import { labelsToSpans, parseLabel } from "../../src/text/labels.ts";
import { readCheckpoint, values } from "../../test/reference/checkpoint.ts";
import { decodeByRecursion } from "../../test/reference/crf.ts";
import type { GraphAnswer } from "../peers/peers.ts";
import { Examinee, logitsOf, type Trial } from "./trial.ts";

/** As ours gives an entity. */
interface GivenEntity {
  readonly entity_group: string;
  readonly start: number;
  readonly end: number;
}

/** Entities of labelled texts: F1, an entity being right when its type, start and end all are. */
export async function taggingTrial(model: string, files: readonly string[]): Promise<Trial> {
  const examinee = await Examinee.open(model);
  const { labels, scheme, crf } = examinee.file.metadata;
  const known = labels.map((label) => parseLabel(label, scheme));
  const marked = (await Promise.all(files.map(readDataset))).flatMap(markedTexts);
  const { fitting: texts, tooLong } = examinee.encodeEach(marked);

  /** @param steps the label of each token between [CLS] and [SEP] */
  const spansOf = (i: number, steps: readonly number[]): EntitySpan[] => {
    const { start, end, ids } = texts[i]!.encoded;
    if (steps.length !== ids.length - 2)
      throw new Error(`${steps.length} labels of ${ids.length - 2} tokens`);
    return labelsToSpans(steps.map((label) => known[label]!)).map((span) => ({
      type: span.type,
      start: start[span.start + 1]!,
      end: end[span.end]!,
    }));
  };
  const given = (answer: unknown): EntitySpan[] =>
    (answer as readonly GivenEntity[]).map(({ entity_group, start, end }) => ({
      type: entity_group,
      start,
      end,
    }));
  const byBestLabels = (answer: GraphAnswer, i: number) =>
    spansOf(i, emissionsOf(answer).map(indexOfMaximum));

  const scoreOf =
    <Answer>(found: (answer: Answer, i: number) => readonly EntitySpan[]) =>
    (answers: readonly Answer[]) => {
      const scorer = new EntityScorer();
      for (const [i, answer] of answers.entries()) scorer.add(texts[i]!.entities, found(answer, i));
      return scorer.scores().f1;
    };
  const entities = texts.reduce((count, text) => count + text.entities.length, 0);
  const trial: Trial = {
    metric: "F1",
    counted: `${formatCount(texts.length)} texts, ${formatCount(entities)} entities`,
    samples: texts.map(({ text, encoded }) => ({ text, ids: [...encoded.ids] })),
    tooLong,
    score: scoreOf(given),
    scoreGraph: scoreOf(byBestLabels),
  };
  if (crf === undefined) return trial;

  const tensors = readCheckpoint(model);
  const reference = {
    start: values(tensors, "crf.start_transitions"),
    transitions: values(tensors, "crf.transitions"),
    end: values(tensors, "crf.end_transitions"),
  };
  const byBestPath = (answer: GraphAnswer, i: number) => {
    const emissions = emissionsOf(answer).flatMap((scores) => [...scores]);
    return spansOf(i, decodeByRecursion(reference, emissions).path);
  };
  return { ...trial, scoreGraph: scoreOf(byBestPath), scoreWithoutCrf: trial.scoreGraph };
}

/** A graph's scores of each token between [CLS] and [SEP]. */
function emissionsOf(answer: GraphAnswer): Float64Array[] {
  const { values, width } = logitsOf(answer);
  const all = Float64Array.from(values);
  return Array.from({ length: all.length / width - 2 }, (_, step) =>
    all.subarray((step + 1) * width, (step + 2) * width),
  );
}
