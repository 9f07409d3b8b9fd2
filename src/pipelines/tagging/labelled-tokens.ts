import type { CrfTokens } from "../../model/config.ts";
import { SpanSweep, type TextSpan } from "./constraints.ts";

/** A token that carries a label, of a text that is read in windows. */
export interface LabelledToken {
  /** Its place in the input that the whole text would be, where `[CLS]` is 0. */
  readonly place: number;
  readonly start: number;
  readonly end: number;
  /** Where an entity ends whose last token it is. */
  entityEnd: number;
  readonly word: number;
}

/** Tells which tokens carry a label, of a text whose tokens come one after the other. */
export class LabelledTokens {
  readonly #labelled: CrfTokens;
  readonly #masked: SpanSweep<TextSpan>;
  #lastWord = -1;
  #latest: LabelledToken | undefined;

  /** @param mask parts of the text whose tokens have none */
  constructor(labelled: CrfTokens, mask: readonly TextSpan[] = []) {
    this.#labelled = labelled;
    this.#masked = new SpanSweep(mask);
  }

  /** @returns the token, if it carries a label. Its `entityEnd` moves with the later pieces of its word that carry none */
  take(place: number, start: number, end: number, word: number): LabelledToken | undefined {
    const goesOn = word === this.#lastWord && word !== -1;
    this.#lastWord = word;
    if (this.#labelled === "first-piece" && goesOn) {
      if (this.#latest !== undefined) this.#latest.entityEnd = end;
      return undefined;
    }
    const isLabelled = this.#labelled === "all" || word !== -1;
    const isMasked = this.#masked.touching(start, end).length > 0;
    this.#latest = isLabelled && !isMasked ? { place, start, end, entityEnd: end, word } : undefined;
    return this.#latest;
  }
}
