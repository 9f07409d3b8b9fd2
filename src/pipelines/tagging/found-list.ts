import type { Entity, TokenEntity } from "./aggregate.ts";

export type Finding = Entity | TokenEntity;

const FIELDS = 5;
const CHUNK = 1024;

/**
 * What is found in a long text, as numbers until all is found: objects made between so much that is soon dropped would have
 * the engine widen its nursery.
 */
export class FoundList {
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();
  /** [CHUNK, FIELDS] each: name, score, start, end, and a token's index. */
  #chunks: Float64Array[] = [];
  #count = 0;

  add(finding: Finding): void {
    const isEntity = "entity_group" in finding;
    const name = isEntity ? finding.entity_group : finding.entity;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    const row = this.#count++ % CHUNK;
    if (row === 0) this.#chunks.push(new Float64Array(CHUNK * FIELDS));
    const { score, start, end } = finding;
    this.#chunks.at(-1)!.set([number, score, start, end, isEntity ? -1 : finding.index], row * FIELDS);
  }

  /** All of it, in order; the list is empty then. */
  take(text: string): Finding[] {
    const found = Array.from({ length: this.#count }, (_, i) => {
      const chunk = this.#chunks[Math.floor(i / CHUNK)]!;
      const at = (i % CHUNK) * FIELDS;
      const [name, score, start, end] = [
        this.#names[chunk[at]!]!,
        chunk[at + 1]!,
        chunk[at + 2]!,
        chunk[at + 3]!,
      ];
      const index = chunk[at + 4]!;
      const word = text.slice(start, end);
      return index < 0
        ? { entity_group: name, score, word, start, end }
        : { entity: name, score, index, word, start, end };
    });
    this.#chunks = [];
    this.#count = 0;
    return found;
  }
}
