import type { CrfPosterior, Stretch } from "../../model/crf/posterior.ts";
import { OUTSIDE, startsEntity } from "../../text/labels.ts";
import { refuse } from "../options.ts";
import { type Entity, entityStretch, type LabelSet, type TaggedText, type TokenEntity } from "./aggregate.ts";

/** One way to label a text, and how likely it is. */
export interface Reading {
  /** The probability of just these labels. */
  readonly score: number;
  /** Its natural logarithm, which still tells where the score is 0 for being so small. */
  readonly log_likelihood: number;
  /** A label for each labelled token. */
  readonly labels: readonly string[];
  readonly entities: Entity[] | TokenEntity[];
}

/** What a CRF believes of a text: a distribution over all ways to label it, which answers exactly. */
export class TextPosterior {
  /** The labelled tokens: half-open, in UTF-16 offsets. */
  readonly tokens: readonly { readonly word: string; readonly start: number; readonly end: number }[];
  /** P(label at token): [tokens, labels], labels in the model's order. */
  readonly marginals: Float32Array;
  readonly #tagged: TaggedText;
  /** Undefined where the text has no token with a label, and so but one reading. */
  readonly #posterior: CrfPosterior | undefined;
  readonly #labels: LabelSet;
  readonly #entitiesOf: (tagged: TaggedText) => Entity[] | TokenEntity[];

  constructor(
    tagged: TaggedText,
    posterior: CrfPosterior | undefined,
    labels: LabelSet,
    entitiesOf: (tagged: TaggedText) => Entity[] | TokenEntity[],
  ) {
    const { text, tokens, tagging } = tagged;
    this.tokens = Array.from(tokens, (_, i) => {
      const [start, end] = [tagged.start[i]!, tagged.end[i]!];
      return { word: text.slice(start, end), start, end };
    });
    this.marginals = tagging.probabilities;
    this.#posterior = posterior;
    const stretchProbability = posterior && ((stretch: Stretch) => posterior.probability(stretch));
    this.#tagged = { ...tagged, tagging: { ...tagging, stretchProbability } };
    this.#labels = labels;
    this.#entitiesOf = entitiesOf;
  }

  /** The k likeliest ways to label the text, the likeliest first; fewer where there are no more. */
  readings(k: number): Reading[] {
    const { tagging } = this.#tagged;
    const paths = this.#posterior?.nBest(k) ?? [{ labels: tagging.labels, logLikelihood: 0 }];
    return paths.map(({ labels, logLikelihood }) => ({
      score: Math.exp(logLikelihood),
      log_likelihood: logLikelihood,
      labels: Array.from(labels, (label) => this.#labels.names[label]!),
      entities: this.#entitiesOf({ ...this.#tagged, tagging: { ...tagging, labels } }),
    }));
  }

  /**
   * The natural logarithm of the probability of these labels, one for each token; −∞ where a constraint forbids them.
   *
   * @throws {InputError} `bad-option` for another number of labels, or one that the model lacks
   */
  logLikelihood(labels: readonly string[]): number {
    const { names } = this.#labels;
    const path = labels.map((label) => names.indexOf(label));
    const unknown = path.indexOf(-1);
    if (unknown >= 0 || path.length !== this.tokens.length) {
      const expected = `one of ${names.join(", ")} for each of ${this.tokens.length} tokens`;
      refuse("labels", expected, unknown < 0 ? labels : labels[unknown]);
    }
    return this.#posterior?.logLikelihood(path) ?? 0;
  }

  /** The probability that the text has this very entity; 0 where it doesn't begin and end with tokens. */
  probability({ entity_group, start, end }: Pick<Entity, "entity_group" | "start" | "end">): number {
    const first = this.#tagged.start.indexOf(start);
    const last = this.#tagged.entityEnd.lastIndexOf(end);
    if (first < 0 || last < first) return 0;
    return this.#posterior!.probability(entityStretch(this.#labels.parsed, entity_group, first, last + 1));
  }

  /** How many entities of each type are to be expected: the mean over all ways to label the text. */
  expectedCounts(): Record<string, number> {
    const { parsed } = this.#labels;
    const types = [...new Set(parsed.map(({ type }) => type))].filter((type) => type !== "");
    const counts = this.#posterior?.expectedSteps(types.length, (previous, label) => {
      const starts = startsEntity(parsed[previous] ?? OUTSIDE, parsed[label]!);
      return starts ? types.indexOf(parsed[label]!.type) : -1;
    });
    return Object.fromEntries(types.map((type, i) => [type, counts?.[i] ?? 0]));
  }
}
