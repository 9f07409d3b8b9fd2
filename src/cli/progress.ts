import { SingleBar } from "cli-progress";
import { formatCount, formatRate, formatSeconds } from "../report/numbers.ts";

const PATIENCE_MS = 2000;
const STEPS = 10_000;

export interface Progress {
  /**
   * @param count how many are done
   * @param fraction the part of all that is done, from 0 to 1; undefined where the end isn't known
   */
  update(count: number, fraction: number | undefined): void;
  /** Takes the line away. */
  stop(): void;
}

export interface ProgressOutput extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

/**
 * A line on `output` with the count, the rate and, where the end is known, a bar and the time left. It appears only
 * on a terminal and only when a run takes longer than two seconds.
 *
 * @param noun what is counted, in the plural
 * @param now a clock in milliseconds
 */
export function startProgress(
  noun: string,
  output: ProgressOutput,
  now: () => number = () => performance.now(),
): Progress {
  const started = now();
  let bar: SingleBar | undefined;
  return {
    update(count, fraction) {
      const elapsed = (now() - started) / 1000;
      if (output.isTTY !== true || elapsed * 1000 < PATIENCE_MS) return;
      const payload = {
        count: formatCount(count),
        rate: formatRate(count, elapsed),
        left: formatSeconds(Math.ceil(fraction ? elapsed / fraction - elapsed : 0)),
      };
      const step = Math.floor((fraction ?? 0) * STEPS);
      if (bar === undefined) {
        const counted = `{count} ${noun} · {rate} ${noun}/s`;
        bar = new SingleBar({
          stream: output,
          clearOnComplete: true,
          // Anything else turns the terminal's own wrapping off, and an interrupt would leave it so.
          linewrap: true,
          barCompleteChar: "━",
          barIncompleteChar: "─",
          barsize: 24,
          format: fraction === undefined ? counted : `{bar} {percentage} % · ${counted} · {left} left`,
        });
        bar.start(STEPS, step, payload);
      } else {
        bar.update(step, payload);
      }
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}
