import type { Sequence } from "../model/batch.ts";
import type { CrfTokens } from "../model/config.ts";
import type { TaggingStream } from "../model/tagging-stream.ts";
import type { TextWindow } from "../text/windows.ts";
import type { Entity, TaggedText, TokenEntity } from "./aggregate.ts";
import { MergedRows, type TokenRows } from "./merged-rows.ts";

/** A window as the model takes it. */
export interface WindowSequence extends TextWindow, Sequence {}

type Finding = Entity | TokenEntity;

/** How many tokens come together before the stream is asked what it knows of them. */
const PATIENCE = 256;

/**
 * Tags a text of any length from window to window, each line as one sequence. It holds what it has found, and of a line's
 * tokens those that are not settled.
 */
export class LongText {
  readonly found: Finding[] = [];
  readonly #text: string;
  readonly #labels: number;
  readonly #labelled: CrfTokens;
  readonly #createStream: () => TaggingStream;
  readonly #entitiesOf: (tagged: TaggedText) => readonly Finding[];
  readonly #contradiction: (token: Token) => never;
  readonly #rows: MergedRows;
  #stream: TaggingStream;
  /** The labelled tokens that the stream holds. */
  #tokens: Token[] = [];
  #lastWord = -1;
  #patience = PATIENCE;

  /**
   * @param entitiesOf what there is in a part of the text
   * @param contradiction called where no labels are allowed, with the first token that has none; it must throw
   */
  constructor(
    text: string,
    { labels, labelled }: { readonly labels: number; readonly labelled: CrfTokens },
    createStream: () => TaggingStream,
    entitiesOf: (tagged: TaggedText) => readonly Finding[],
    contradiction: (token: Token) => never,
  ) {
    this.#text = text;
    this.#labels = labels;
    this.#labelled = labelled;
    this.#createStream = createStream;
    this.#stream = createStream();
    this.#entitiesOf = entitiesOf;
    this.#contradiction = contradiction;
    this.#rows = new MergedRows(labels);
  }

  /** @param logits [rows, labels] of the window that follows */
  read(window: TextWindow, logits: Float32Array): void {
    this.#push(this.#rows.takeBefore(window.first + 1));
    this.#rows.add(window, logits);
    if (window.closes) this.#push(this.#rows.takeBefore(Number.POSITIVE_INFINITY));
    if (this.#tokens.length > 0 && (window.closes || this.#tokens.length >= this.#patience)) {
      this.#settle(window.closes);
    }
    if (window.closes) this.#stream = this.#createStream();
  }

  #push({ place, start, end, word, emissions }: TokenRows): void {
    const labelled: number[] = [];
    for (const i of word.keys()) {
      const goesOn = word[i] === this.#lastWord && word[i] !== -1;
      this.#lastWord = word[i]!;
      if (this.#labelled === "first-piece" && goesOn) this.#tokens.at(-1)!.entityEnd = end[i]!;
      if (this.#labelled !== "all" && (word[i] === -1 || (this.#labelled === "first-piece" && goesOn)))
        continue;
      labelled.push(i);
      this.#tokens.push({
        place: place[i]!,
        start: start[i]!,
        end: end[i]!,
        entityEnd: end[i]!,
        word: word[i]!,
      });
    }
    const packed = new Float32Array(labelled.length * this.#labels);
    labelled.forEach((row, step) => {
      packed.set(emissions.subarray(row * this.#labels, (row + 1) * this.#labels), step * this.#labels);
    });
    this.#stream.push(packed);
  }

  /** Takes what is settled: whole words, and no entity that might go on. */
  #settle(isEnd: boolean): void {
    const { labels, probabilities, ...tagging } = this.#stream.settle(isEnd);
    const tokens = this.#tokens;
    if (isEnd && labels.length === 0) this.#contradiction(tokens[0]!);
    let known = isEnd ? labels.length : Math.max(0, labels.length - 1);
    while (!isEnd && known > 0 && tokens[known]!.word === tokens[known - 1]!.word) known--;
    const of = (name: keyof Token) => Int32Array.from({ length: known }, (_, i) => tokens[i]![name]);
    const entities = this.#entitiesOf({
      text: this.#text,
      tokens: of("place"),
      start: of("start"),
      end: of("end"),
      entityEnd: of("entityEnd"),
      word: of("word"),
      tagging: {
        ...tagging,
        labels: labels.subarray(0, known),
        probabilities: probabilities.subarray(0, known * this.#labels),
      },
    });
    const last = entities.at(-1);
    let done = known;
    const isOpen =
      !isEnd && last !== undefined && "entity_group" in last && last.end === tokens[known - 1]!.entityEnd;
    if (isOpen) while (done > 0 && tokens[done - 1]!.start >= last.start) done--;
    for (const entity of isOpen ? entities.slice(0, -1) : entities) this.found.push(entity);
    this.#stream.drop(done);
    this.#tokens = tokens.slice(done);
    this.#patience = Math.max(PATIENCE, 2 * this.#tokens.length);
  }
}

interface Token {
  place: number;
  start: number;
  end: number;
  entityEnd: number;
  word: number;
}
