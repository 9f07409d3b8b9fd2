import type { Device } from "./device.ts";

/**
 * The calls of a trainee, recorded one after the other, each as soon as the device takes more: its results arrive when they
 * do, and the device need not stand still between two calls.
 */
export class Turns {
  readonly #device: Device;
  #last: Promise<void> = Promise.resolve();

  constructor(device: Device) {
    this.#device = device;
  }

  /**
   * @param record records all that is to be done, and asks for all results, before it waits for any
   * @param whole whether the next call depends on the results
   */
  take<T>(record: () => Promise<T>, whole = false): Promise<T> {
    const recorded = this.#last.then(async () => {
      this.#device.release();
      const result = record();
      result.catch(() => {}); // the caller is told below, but may not have come to listen yet
      await (whole ? result : this.#device.submit());
      return { result };
    });
    this.#last = recorded.then(
      () => {},
      () => {},
    );
    return recorded.then(({ result }) => result);
  }
}
