const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** Resolves with the first signal to stop; a second one ends the process at once, as without this. */
export function signalToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) {
      process.once(signal, () => resolve(signal));
    }
  });
}
