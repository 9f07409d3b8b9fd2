import type { Stretch } from "../../model/crf/posterior.ts";
import type { Tagging } from "../../model/tagging.ts";
import { endsEntity, type Label, labelsToSpans, OUTSIDE, startsEntity } from "../../text/labels.ts";

/**
 * How token labels become entities; Hugging Face's names. `none` gives each labelled token, `simple` joins neighbours
 * of one entity. The others first give each word of several pieces one label: its first piece's, that of the highest
 * mean probability, or that of its surest piece.
 */
export type AggregationStrategy = "none" | "simple" | "first" | "average" | "max";

export const AGGREGATION_STRATEGIES: readonly AggregationStrategy[] = [
  "none",
  "simple",
  "first",
  "average",
  "max",
];

/** An entity in a text. */
export interface Entity {
  /** Its type: a label without prefix. */
  readonly entity_group: string;
  /** Under a CRF the exact probability of this very entity; without one the mean of its tokens' probabilities. */
  readonly score: number;
  /** The text from `start` to `end`. */
  readonly word: string;
  /** UTF-16 offsets in the given string, half-open. */
  readonly start: number;
  readonly end: number;
}

/** A labelled token: what the aggregation strategy `none` gives. */
export interface TokenEntity {
  readonly entity: string;
  /** The label's probability: under a CRF its marginal. */
  readonly score: number;
  /** The token's place in the model's input, where `[CLS]` is 0. */
  readonly index: number;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** A text and those of its tokens that carry a label. All but the text go by labelled token. */
export interface LabelledText {
  readonly text: string;
  /** Index of each in the model's input. */
  readonly tokens: Int32Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** Where an entity ends whose last token it is: with its word, where the word's later pieces carry no label. */
  readonly entityEnd: Int32Array;
  readonly word: Int32Array;
}

/** A text that the model has tagged. */
export interface TaggedText extends LabelledText {
  readonly tagging: Tagging;
}

/** A model's labels as written and taken apart. */
export interface LabelSet {
  readonly names: readonly string[];
  readonly parsed: readonly Label[];
}

/** Each labelled token by itself. */
export function tokenEntities(
  tagged: TaggedText,
  labels: LabelSet,
  ignored: ReadonlySet<string>,
): TokenEntity[] {
  const { text, tagging, tokens } = tagged;
  return Array.from(tokens, (index, i) => {
    const label = tagging.labels[i]!;
    const [start, end] = [tagged.start[i]!, tagged.end[i]!];
    const score = tagging.probabilities[i * labels.names.length + label]!;
    return { entity: labels.names[label]!, score, index, word: text.slice(start, end), start, end };
  }).filter(({ entity }) => !ignored.has(entity));
}

/** Neighbouring tokens of one entity joined, by conlleval's rules. */
export function groupEntities(
  tagged: TaggedText,
  labels: LabelSet,
  strategy: Exclude<AggregationStrategy, "none">,
  ignored: ReadonlySet<string>,
): Entity[] {
  const { text, tagging } = tagged;
  const rules = ignored.has("O") ? labels.parsed : labels.parsed.map(outsideAsEntity);
  const units = strategy === "simple" ? eachToken(tagged, labels) : eachWord(tagged, labels, strategy);

  return labelsToSpans(units.map((unit) => rules[unit.label]!))
    .filter(({ type }) => !ignored.has(type))
    .map(({ type, start: firstUnit, end: endUnit }) => {
      const inside = units.slice(firstUnit, endUnit);
      const first = inside[0]!.first;
      const last = inside.at(-1)!.last;
      const [start, end] = [tagged.start[first]!, tagged.entityEnd[last]!];
      const score =
        tagging.stretchProbability?.(entityStretch(rules, type, first, last + 1)) ??
        inside.reduce((sum, unit) => sum + unit.score, 0) / inside.length;
      return { entity_group: type, score, word: text.slice(start, end), start, end };
    });
}

/** Tokens that get one label together. */
interface Unit {
  readonly first: number;
  readonly last: number;
  readonly label: number;
  readonly score: number;
}

function eachToken({ tagging }: TaggedText, { names }: LabelSet): Unit[] {
  return Array.from(tagging.labels, (label, i) => {
    return { first: i, last: i, label, score: tagging.probabilities[i * names.length + label]! };
  });
}

function eachWord(tagged: TaggedText, labels: LabelSet, strategy: "first" | "average" | "max"): Unit[] {
  const count = labels.names.length;
  const { probabilities } = tagged.tagging;
  const pieces = eachToken(tagged, labels);
  const words: Unit[] = [];
  for (let first = 0, last = 0; first < pieces.length; first = last + 1) {
    last = first;
    while (tagged.word[last + 1] === tagged.word[first]) last++;
    const inside = pieces.slice(first, last + 1);
    if (strategy === "average") {
      const means = Array.from({ length: count }, (_, label) => {
        return (
          inside.reduce((sum, piece) => sum + probabilities[piece.first * count + label]!, 0) / inside.length
        );
      });
      const score = Math.max(...means);
      words.push({ first, last, label: means.indexOf(score), score });
    } else {
      const surest = (a: Unit, b: Unit) => (b.score > a.score ? b : a);
      const { label, score } = strategy === "first" ? inside[0]! : inside.reduce(surest);
      words.push({ first, last, label, score });
    }
  }
  return words;
}

/** Where the caller does not ignore O, what lies between entities is a group like any other, as in Hugging Face. */
function outsideAsEntity(label: Label): Label {
  return label.prefix === "O" ? { prefix: "I", type: "O" } : label;
}

/** All label paths from which `labelsToSpans` would read an entity of this type in just this place. */
export function entityStretch(rules: readonly Label[], type: string, start: number, end: number): Stretch {
  const label = (index: number): Label => rules[index] ?? OUTSIDE;
  return {
    start,
    end,
    enters: (previous, current) =>
      label(current).type === type && startsEntity(label(previous), label(current)),
    continues: (previous, current) =>
      !startsEntity(label(previous), label(current)) && label(current).type === type,
    leaves: (current, next) => endsEntity(label(current), label(next)),
  };
}
