const UNITS = 65_536;

/**
 * Ids by token. Most tokens of a Chinese vocabulary are one UTF-16 unit, and a table finds those several times as fast as a
 * map that is filled anew in every process.
 */
export class TokenIds {
  /** One more than the id of the token that is this unit; 0 where there is none. */
  readonly #units = new Int32Array(UNITS);
  readonly #others = new Map<string, number>();

  get(token: string): number | undefined {
    if (token.length !== 1) return this.#others.get(token);
    const next = this.#units[token.charCodeAt(0)]!;
    return next === 0 ? undefined : next - 1;
  }

  set(token: string, id: number): void {
    if (token.length === 1) this.#units[token.charCodeAt(0)] = id + 1;
    else this.#others.set(token, id);
  }
}
