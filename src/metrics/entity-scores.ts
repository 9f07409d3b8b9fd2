import { type Scores, scoresOf } from "./scores.ts";

export type { Scores } from "./scores.ts";

/** An entity to compare: `start` and `end` in whichever unit both sides share. */
export interface EntitySpan {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Micro-averaged over all entities, and for each type that either side names, in alphabetical order. */
export interface EntityScores extends Scores {
  readonly types: Readonly<Record<string, Scores>>;
}

interface Counts {
  expected: number;
  found: number;
  correct: number;
}

const distinct = (spans: readonly EntitySpan[]) =>
  new Map(spans.map((span) => [`${span.start} ${span.end} ${span.type}`, span]));

/**
 * Scores entities as conlleval (Tjong Kim Sang and Buchholz 2000) and seqeval do: an entity is right when its type,
 * start and end all are. Within a text a span counts once, however often it is named.
 */
export class EntityScorer {
  readonly #types = new Map<string, Counts>();

  /** Adds one text's entities: those that are marked and those that were found. */
  add(expected: readonly EntitySpan[], found: readonly EntitySpan[]): void {
    const marked = distinct(expected);
    for (const span of marked.values()) this.#countsOf(span.type).expected++;
    for (const [key, span] of distinct(found)) {
      const counts = this.#countsOf(span.type);
      counts.found++;
      if (marked.has(key)) counts.correct++;
    }
  }

  scores(): EntityScores {
    const all: Counts = { expected: 0, found: 0, correct: 0 };
    for (const counts of this.#types.values()) {
      all.expected += counts.expected;
      all.found += counts.found;
      all.correct += counts.correct;
    }
    const types = [...this.#types.keys()].sort().map((type) => [type, scoresOf(this.#countsOf(type))]);
    return { ...scoresOf(all), types: Object.fromEntries(types) };
  }

  #countsOf(type: string): Counts {
    let counts = this.#types.get(type);
    if (counts === undefined) {
      counts = { expected: 0, found: 0, correct: 0 };
      this.#types.set(type, counts);
    }
    return counts;
  }
}
