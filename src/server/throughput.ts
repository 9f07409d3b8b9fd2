/** Of a batch in the mean: about the last half dozen count. */
const WEIGHT = 0.25;

/** How fast one worker has been of late. */
export class Throughput {
  #secondsPerToken = 0;

  add(tokens: number, seconds: number): void {
    const latest = seconds / Math.max(1, tokens);
    const weight = this.#secondsPerToken === 0 ? 1 : WEIGHT;
    this.#secondsPerToken += weight * (latest - this.#secondsPerToken);
  }

  /** 0 before anything was measured. */
  secondsFor(tokens: number): number {
    return tokens * this.#secondsPerToken;
  }
}
