import { placesOf, type TextWindow, trustOf } from "../../text/windows.ts";

/** Tokens of a text that is read in windows, each with the scores of all windows that hold it. */
export interface TokenRows {
  /** The place of each in the input that the whole text would be, where `[CLS]` is 0. */
  readonly place: Int32Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly word: Int32Array;
  /** [tokens, labels] */
  readonly emissions: Float32Array;
}

/** Merges the scores of tokens that several windows hold: means, weighted by {@link trustOf}. */
export class MergedRows {
  readonly #labels: number;
  #place = 0;
  #count = 0;
  #start = new Int32Array();
  #end = new Int32Array();
  #word = new Int32Array();
  #weights = new Float32Array();
  #sums = new Float32Array(); // [tokens, labels]

  constructor(labels: number) {
    this.#labels = labels;
  }

  /** @param logits [rows, labels] of a window that begins no earlier than those before */
  add(window: TextWindow, logits: Float32Array): void {
    const [from, to] = placesOf(window);
    this.#makeRoom(to - this.#place);
    for (let place = from; place < to; place++) {
      const [at, row] = [place - this.#place, place - window.first];
      const weight = trustOf(window, row) || 1;
      this.#start[at] = window.start[row]!;
      this.#end[at] = window.end[row]!;
      this.#word[at] = window.word[row]!;
      this.#weights[at]! += weight;
      for (let label = 0; label < this.#labels; label++) {
        this.#sums[at * this.#labels + label]! += weight * logits[row * this.#labels + label]!;
      }
    }
    this.#count = Math.max(this.#count, to - this.#place);
  }

  /** Hands over the tokens before a place in the text's input that some window held; there will be no more of them. */
  takeBefore(limit: number): TokenRows {
    const count = Math.max(0, Math.min(limit - this.#place, this.#count));
    let held = 0;
    for (let at = 0; at < count; at++) if (this.#weights[at]! > 0) held++;
    const [place, start] = [new Int32Array(held), new Int32Array(held)];
    const [end, word] = [new Int32Array(held), new Int32Array(held)];
    const emissions = new Float32Array(held * this.#labels);
    for (let at = 0, row = 0; at < count; at++) {
      const weight = this.#weights[at]!;
      if (!(weight > 0)) continue;
      place[row] = this.#place + at;
      start[row] = this.#start[at]!;
      end[row] = this.#end[at]!;
      word[row] = this.#word[at]!;
      for (let label = 0; label < this.#labels; label++) {
        emissions[row * this.#labels + label] = this.#sums[at * this.#labels + label]! / weight;
      }
      row++;
    }
    for (const column of [this.#start, this.#end, this.#word, this.#weights]) {
      column.copyWithin(0, count);
      column.fill(0, this.#count - count);
    }
    this.#sums.copyWithin(0, count * this.#labels);
    this.#sums.fill(0, (this.#count - count) * this.#labels);
    this.#place += count;
    this.#count -= count;
    return { place, start, end, word, emissions };
  }

  #makeRoom(count: number): void {
    if (count <= this.#weights.length) return;
    const larger = <Column extends Int32Array | Float32Array>(column: Column, length: number): Column => {
      const copy = new (column.constructor as new (length: number) => Column)(length);
      copy.set(column);
      return copy;
    };
    this.#start = larger(this.#start, count);
    this.#end = larger(this.#end, count);
    this.#word = larger(this.#word, count);
    this.#weights = larger(this.#weights, count);
    this.#sums = larger(this.#sums, count * this.#labels);
  }
}
