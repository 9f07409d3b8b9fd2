import { startProgress } from "./progress.ts";

/**
 * Has a loaded model go through a data set, with progress, and frees it.
 *
 * @param noun what is counted, in the plural
 * @returns the seconds that it took
 */
export async function evaluateEach<T>(
  items: readonly T[],
  noun: string,
  model: { dispose(): void },
  judge: (item: T, index: number) => Promise<void>,
): Promise<number> {
  const progress = startProgress(noun, process.stderr);
  const started = performance.now();
  try {
    for (const [index, item] of items.entries()) {
      await judge(item, index);
      progress.update(index + 1, (index + 1) / items.length);
    }
  } finally {
    progress.stop();
    model.dispose();
  }
  return (performance.now() - started) / 1000;
}
