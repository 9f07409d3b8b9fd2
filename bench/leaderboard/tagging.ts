import { markedTexts } from "../../src/cli/marked-entities.ts";
import { readDataset } from "../../src/data/index.ts";
import { EntityScorer, type EntitySpan } from "../../src/metrics/entity-scores.ts";
import { indexOfMaximum } from "../../src/model/scores.ts";
import { formatCount } from "../../src/report/numbers.ts";
import { type Label, labelsToSpans, OUTSIDE, parseLabel } from "../../src/text/labels.ts";
import { readCheckpoint, values } from "../../test/reference/checkpoint.ts";
import { decodeByRecursion } from "../../test/reference/crf.ts";
import { Examinee, logitsOf, type Trial } from "./trial.ts";

/** As ours gives an entity. */
interface GivenEntity {
  readonly entity_group: string;
  readonly start: number;
  readonly end: number;
}

/** As transformers.js gives a token. It leaves blank ones out. */
interface GivenToken {
  readonly entity: string;
  readonly index: number;
}

/** Entities of labelled texts: F1, an entity being right when its type, start and end all are. */
export async function taggingTrial(model: string, files: readonly string[]): Promise<Trial> {
  const examinee = await Examinee.open(model);
  const { labels, scheme, crf } = examinee.file.metadata;
  const known = labels.map((label) => parseLabel(label, scheme));
  const texts = (await Promise.all(files.map(readDataset))).flatMap(markedTexts).flatMap((marked) => {
    const encoded = examinee.encode(marked.text);
    return encoded === undefined ? [] : [{ ...marked, encoded }];
  });

  /** @param steps the label of each token between [CLS] and [SEP] */
  const spansOf = (i: number, steps: readonly Label[]): EntitySpan[] => {
    const { start, end } = texts[i]!.encoded;
    return labelsToSpans(steps).map((span) => ({
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
  const byBestLabels = (answer: unknown, i: number) =>
    spansOf(
      i,
      emissionsOf(answer).map((scores) => known[indexOfMaximum(scores)]!),
    );
  const byTokens = (answer: unknown, i: number) => {
    const entities = new Map((answer as readonly GivenToken[]).map(({ index, entity }) => [index, entity]));
    const steps = Array.from({ length: texts[i]!.encoded.ids.length - 2 }, (_, step) => {
      const label = entities.get(step + 1);
      return label === undefined ? undefined : parseLabel(label, scheme);
    });
    return spansOf(i, labelBlanks(steps));
  };

  const scoreOf =
    (found: (answer: unknown, i: number) => readonly EntitySpan[]) => (answers: readonly unknown[]) => {
      const scorer = new EntityScorer();
      for (const [i, answer] of answers.entries()) scorer.add(texts[i]!.entities, found(answer, i));
      return scorer.scores().f1;
    };
  const entities = texts.reduce((count, text) => count + text.entities.length, 0);
  const trial: Trial = {
    metric: "F1",
    counted: `${formatCount(texts.length)} texts, ${formatCount(entities)} entities`,
    samples: texts.map(({ text, encoded }) => ({ text, ids: [...encoded.ids] })),
    score: {
      "electra-edge": scoreOf(given),
      "onnxruntime-web": scoreOf(byBestLabels),
      "onnxruntime-node": scoreOf(byBestLabels),
      "transformers.js": scoreOf(byTokens),
    },
  };
  if (crf === undefined) return trial;

  const tensors = readCheckpoint(model);
  const reference = {
    start: values(tensors, "crf.start_transitions"),
    transitions: values(tensors, "crf.transitions"),
    end: values(tensors, "crf.end_transitions"),
  };
  const byBestPath = (answer: unknown, i: number) => {
    const emissions = emissionsOf(answer).flatMap((scores) => [...scores]);
    const { path } = decodeByRecursion(reference, emissions);
    return spansOf(
      i,
      path.map((label) => known[label]!),
    );
  };
  return { ...trial, scoreWithCrf: scoreOf(byBestPath) };
}

/** A graph's scores of each token between [CLS] and [SEP]. */
function emissionsOf(answer: unknown): Float64Array[] {
  const { values, width } = logitsOf(answer);
  const all = Float64Array.from(values);
  return Array.from({ length: all.length / width - 2 }, (_, step) =>
    all.subarray((step + 1) * width, (step + 2) * width),
  );
}

/** Gives a blank that lies inside an entity the entity's label, and any other none. */
export function labelBlanks(steps: readonly (Label | undefined)[]): Label[] {
  const labels: Label[] = [];
  for (const [i, step] of steps.entries()) {
    const next = steps.slice(i).find((label) => label !== undefined);
    const inside = next !== undefined && /[IE]/.test(next.prefix) && labels.at(-1)?.type === next.type;
    labels.push(step ?? (inside ? { prefix: "I", type: next.type } : OUTSIDE));
  }
  return labels;
}
