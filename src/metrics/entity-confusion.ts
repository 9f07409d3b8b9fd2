import type { EntitySpan } from "./entity-scores.ts";

/** How an expected entity and a found one belong together, or which of the two has no other. */
export type Outcome = "right" | "boundary" | "type" | "missed" | "spurious";

/** One entity or two, told together. */
export interface Pairing<Expected extends EntitySpan, Found extends EntitySpan> {
  readonly outcome: Outcome;
  /** Undefined where the outcome is `spurious`. */
  readonly expected: Expected | undefined;
  /** Undefined where the outcome is `missed`. */
  readonly found: Found | undefined;
}

/**
 * Pairs the entities that are marked in a text with those that were found, each at most once, in this order:
 *
 * 1. `right`: type, start and end agree;
 * 2. `boundary`: the types agree and the spans overlap, those first that overlap most;
 * 3. `type`: the spans overlap, those first that overlap most, but the types differ;
 * 4. what is left was `missed`, or is `spurious`.
 *
 * @returns in order of their place in the text
 */
export function pairEntities<Expected extends EntitySpan, Found extends EntitySpan>(
  expected: readonly Expected[],
  found: readonly Found[],
): Pairing<Expected, Found>[] {
  const [left, right] = [distinct(expected), distinct(found)];
  const candidates = left.flatMap((expected) => {
    return right.flatMap((found) => {
      const overlap = Math.min(expected.end, found.end) - Math.max(expected.start, found.start);
      if (overlap <= 0) return [];
      return [{ outcome: outcomeOf(expected, found), expected, found, overlap }];
    });
  });
  candidates.sort((a, b) => RANK[a.outcome] - RANK[b.outcome] || b.overlap - a.overlap);

  const taken = new Set<EntitySpan>();
  const pairings: Pairing<Expected, Found>[] = [];
  for (const { outcome, expected, found } of candidates) {
    if (taken.has(expected) || taken.has(found)) continue;
    taken.add(expected).add(found);
    pairings.push({ outcome, expected, found });
  }
  for (const span of left) {
    if (!taken.has(span)) pairings.push({ outcome: "missed", expected: span, found: undefined });
  }
  for (const span of right) {
    if (!taken.has(span)) pairings.push({ outcome: "spurious", expected: undefined, found: span });
  }
  const startOf = ({ expected, found }: Pairing<Expected, Found>) => (expected ?? found!).start;
  return pairings.sort((a, b) => startOf(a) - startOf(b));
}

const RANK = { right: 0, boundary: 1, type: 2 } as const;

function outcomeOf(expected: EntitySpan, found: EntitySpan): "right" | "boundary" | "type" {
  if (expected.type !== found.type) return "type";
  return expected.start === found.start && expected.end === found.end ? "right" : "boundary";
}

function distinct<Span extends EntitySpan>(spans: readonly Span[]): Span[] {
  return [...new Map(spans.map((span) => [`${span.start} ${span.end} ${span.type}`, span])).values()];
}

/** How often each outcome came about for a type. */
export interface TypeConfusion {
  /** Found as an entity of each of {@link Confusion.types}; on its own type's place, with the right ends. */
  readonly found: readonly number[];
  /** Found with the right type, but other ends. */
  readonly boundary: number;
  readonly missed: number;
  /** Found where no entity that overlaps was left to pair it with. */
  readonly spurious: number;
}

/**
 * A confusion matrix. A row's `found`, `boundary` and `missed` add up to the type's support; a column of `found` with
 * the type's `boundary` and `spurious` to how often the type was found.
 */
export interface Confusion {
  /** In alphabetical order. */
  readonly types: readonly string[];
  /** By expected type; `spurious` by the type that was found. */
  readonly rows: readonly TypeConfusion[];
}

/** Counts what was taken for what. */
export function confusionOf(pairings: Iterable<Pairing<EntitySpan, EntitySpan>>): Confusion {
  const all = [...pairings];
  const types = [...new Set(all.flatMap(({ expected, found }) => [expected, found]))]
    .flatMap((span) => (span === undefined ? [] : [span.type]))
    .sort()
    .filter((type, i, sorted) => type !== sorted[i - 1]);
  const indices = new Map(types.map((type, index) => [type, index]));
  const rows = types.map(() => ({ found: types.map(() => 0), boundary: 0, missed: 0, spurious: 0 }));
  for (const { outcome, expected, found } of all) {
    const row = rows[indices.get((expected ?? found!).type)!]!;
    if (outcome === "right" || outcome === "type") row.found[indices.get(found!.type)!]!++;
    else row[outcome]++;
  }
  return { types, rows };
}
