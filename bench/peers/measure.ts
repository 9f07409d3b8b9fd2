/** What is measured: one call is one run. */
export interface Contender {
  readonly name: string;
  run(): Promise<unknown>;
}

export interface Effort {
  /** How long all rounds may take in all, in milliseconds. */
  readonly budget: number;
  readonly fewest: number;
  readonly most: number;
  /** Runs of a contender's own, not counted, before each that is; none by default. */
  readonly leads?: number;
}

/** Milliseconds of every round, by contender. */
export type Timings = ReadonlyMap<string, readonly number[]>;

/**
 * Times contenders side by side: all of them once, all of them again, and so on, so that whatever else the machine
 * does meets each alike. One round goes before and is not counted.
 */
export async function interleave(contenders: readonly Contender[], effort: Effort): Promise<Timings> {
  const round = async () => {
    const times: number[] = [];
    for (const { run } of contenders) {
      for (let i = 0; i < (effort.leads ?? 0); i++) await run();
      const start = performance.now();
      await run();
      times.push(performance.now() - start);
    }
    return times;
  };
  await round();
  const all = [await round()];
  const estimate = all[0]!.reduce((sum, time) => sum + time, 0) * (1 + (effort.leads ?? 0));
  const rounds = Math.max(effort.fewest, Math.min(effort.most, Math.floor(effort.budget / estimate)));
  while (all.length < rounds) all.push(await round());
  return new Map(contenders.map(({ name }, i) => [name, all.map((times) => times[i]!)]));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One line of the result; `docs/benchmarks.md` says what each figure is. */
export interface Row {
  readonly figure: string;
  readonly shape: string;
  readonly tokens: number;
  readonly threads: number;
  readonly ours_ms: number;
  readonly peer_ms: number;
  /** How many times as long the peer takes: the median over the rounds. */
  readonly ratio: number;
}

/** The row of two contenders, or none where either was not there to be timed. */
export function compare(
  timings: Timings,
  [ours, peer]: readonly [ours: string, peer: string],
  row: Pick<Row, "figure" | "shape" | "tokens" | "threads">,
): Row[] {
  const [ourTimes, peerTimes] = [timings.get(ours), timings.get(peer)];
  if (ourTimes === undefined || peerTimes === undefined) return [];
  const ratios = ourTimes.map((time, i) => peerTimes[i]! / time);
  return [{ ...row, ours_ms: median(ourTimes), peer_ms: median(peerTimes), ratio: median(ratios) }];
}
