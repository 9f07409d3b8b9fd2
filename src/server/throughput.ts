/** How much of what was measured still counts after another batch: about the last five do. */
const KEPT = 0.8;

/** How fast one worker has been of late. Large batches tell more of that than small ones, and count so. */
export class Throughput {
  #tokens = 0;
  #seconds = 0;

  add(tokens: number, seconds: number): void {
    this.#tokens = KEPT * this.#tokens + tokens;
    this.#seconds = KEPT * this.#seconds + seconds;
  }

  /** 0 before anything was measured. */
  secondsFor(tokens: number): number {
    return this.#tokens === 0 ? 0 : (tokens * this.#seconds) / this.#tokens;
  }
}
