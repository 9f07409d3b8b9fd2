/** What a run's log says of one step; as `log.jsonl` has it. */
export interface StepEntry {
  readonly seed: number;
  readonly step: number;
  /** Of the whole run. */
  readonly steps: number;
  readonly epoch: number;
  readonly loss: number;
  /** Before clipping; null where mixed precision left the step out. */
  readonly gradientNorm: number | null;
  readonly learningRate: number;
  readonly tokens: number;
  /** Since the seed's start; absent in older logs. */
  readonly seconds?: number;
}

/** What it says of the dev set after an epoch. */
export interface EpochEntry {
  readonly seed: number;
  /** From 1. */
  readonly epoch: number;
  readonly step: number;
  readonly dev: { readonly f1?: number; readonly accuracy?: number };
}

/** How one seed went. */
export interface SeedCurves {
  readonly seed: number;
  readonly steps: readonly StepEntry[];
  readonly epochs: readonly { readonly epoch: number; readonly score: number }[];
  readonly tokens: number;
  readonly seconds: number | undefined;
}

/** A run's log, seed by seed. Entries of neither kind are passed over. */
export function curvesOf(log: readonly Readonly<Record<string, unknown>>[]): SeedCurves[] {
  const entries = log as unknown as readonly (StepEntry | EpochEntry)[];
  const steps = entries.filter((entry): entry is StepEntry => "loss" in entry);
  const epochs = entries.filter((entry): entry is EpochEntry => "dev" in entry);
  return [...new Set(steps.map(({ seed }) => seed))].map((seed) => {
    const own = steps.filter((entry) => entry.seed === seed);
    return {
      seed,
      steps: own,
      epochs: epochs
        .filter((entry) => entry.seed === seed)
        .map(({ epoch, dev }) => ({ epoch, score: dev.f1 ?? dev.accuracy ?? 0 })),
      tokens: own.reduce((sum, { tokens }) => sum + tokens, 0),
      seconds: own.at(-1)!.seconds,
    };
  });
}

export type Point = readonly [x: number, y: number];

/** At most so many points: the mean of each stretch of neighbours, at its middle. */
export function thin(points: readonly Point[], most: number): Point[] {
  const size = Math.ceil(points.length / most);
  const thinned: Point[] = [];
  for (let first = 0; first < points.length; first += size) {
    const inside = points.slice(first, first + size);
    const mean = (axis: 0 | 1) => inside.reduce((sum, point) => sum + point[axis], 0) / inside.length;
    thinned.push([mean(0), mean(1)]);
  }
  return thinned;
}
