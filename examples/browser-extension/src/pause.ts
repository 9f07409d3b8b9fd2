/** Chrome calls a task long that blocks the page for 50 ms; a quarter of that leaves room for what the page itself does. */
const LONGEST_TURN = 12;

/** Work that a page shares its main thread with: it gives way before it would be felt. */
export class Pause {
  #began = performance.now();

  /** Whether it is time to give way. */
  get due(): boolean {
    return performance.now() - this.#began > LONGEST_TURN;
  }

  async take(): Promise<void> {
    await scheduler.postTask(() => {}, { priority: "user-visible" });
    this.#began = performance.now();
  }
}
