/** Bytes of shared memory that a barrier takes; it must start out zero. */
export const BARRIER_BYTES = 8;

const ARRIVED = 0;
const ROUND = 1;

/** How often to look before going to sleep: layers are short, and waking up takes longer than most waits. */
const SPINS = 20_000;

/** A place in a program that no thread leaves before all have reached it. For threads that may block. */
export class Barrier {
  readonly #cells: Int32Array;
  readonly #threads: number;

  /** @param cells two cells in shared memory */
  constructor(cells: Int32Array, threads: number) {
    this.#cells = cells;
    this.#threads = threads;
  }

  wait(): void {
    const cells = this.#cells;
    const round = Atomics.load(cells, ROUND);
    if (Atomics.add(cells, ARRIVED, 1) === this.#threads - 1) {
      Atomics.store(cells, ARRIVED, 0);
      Atomics.add(cells, ROUND, 1);
      Atomics.notify(cells, ROUND);
      return;
    }
    for (let i = 0; i < SPINS; i++) {
      if (Atomics.load(cells, ROUND) !== round) return;
    }
    while (Atomics.load(cells, ROUND) === round) Atomics.wait(cells, ROUND, round);
  }
}
