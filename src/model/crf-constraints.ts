import { type CrfScores, NO_LABEL, stepScore } from "./crf-scores.ts";

/** Which paths a CRF may take. What they rule out has no probability at all, however badly all else scores. */
export interface PathConstraints {
  /** Whether a path may step from one label to the next; {@link NO_LABEL} is before its first and after its last. */
  readonly allows?: (from: number, to: number) => boolean;
  /** The labels that a step may have, for steps that may not have any. */
  readonly labelsAt?: ReadonlyMap<number, ReadonlySet<number>>;
}

/** The first step that no path can be at, or the last where none can end; undefined where there is a path. */
export function deadEnd(scores: CrfScores): number | undefined {
  const { steps, labels, emissions } = scores;
  let reached = [NO_LABEL];
  for (let t = 0; t < steps; t++) {
    const next: number[] = [];
    for (let to = 0; to < labels; to++) {
      const isOpen = emissions[t * labels + to]! > -Infinity;
      if (isOpen && reached.some((from) => stepScore(scores, from, to) > -Infinity)) next.push(to);
    }
    if (next.length === 0) return t;
    reached = next;
  }
  return reached.some((from) => scores.end[from]! > -Infinity) ? undefined : steps - 1;
}
