const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export interface Interruption {
  /** Whether somebody asked the process to stop. */
  readonly wanted: boolean;
  /** Signals do what they always do again. */
  stop(): void;
}

/** Takes the first SIGINT or SIGTERM for a wish that the work at hand heeds; a second one ends the process at once. */
export function watchInterruption(): Interruption {
  let wanted = false;
  const stop = () => {
    for (const signal of SIGNALS) process.off(signal, heed);
  };
  const heed = () => {
    wanted = true;
    stop();
  };
  for (const signal of SIGNALS) process.on(signal, heed);
  return {
    get wanted() {
      return wanted;
    },
    stop,
  };
}
