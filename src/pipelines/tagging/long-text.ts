import type { Sequence } from "../../model/batch.ts";
import type { PathConstraints } from "../../model/crf/constraints.ts";
import type { TaggingStream } from "../../model/tagging-stream.ts";
import type { TextWindow } from "../../text/windows.ts";
import type { TaggedText } from "./aggregate.ts";
import { type Finding, FoundList } from "./found-list.ts";
import type { LabelledToken, LabelledTokens } from "./labelled-tokens.ts";
import { MergedRows, type TokenRows } from "./merged-rows.ts";

/** A window as the model takes it. */
export interface WindowSequence extends TextWindow, Sequence {}

interface LongTextLabels {
  readonly labels: number;
  readonly labelsAt: PathConstraints["labelsAt"] | undefined;
  readonly reader: LabelledTokens;
}

/** How many tokens come together before the stream is asked what it knows of them. */
const PATIENCE = 256;

/**
 * Tags a text of any length from window to window, each line as one sequence. It holds what it has found, and of a line's
 * tokens those that are not settled.
 */
export class LongText {
  readonly #found = new FoundList();
  readonly #text: string;
  readonly #labels: number;
  readonly #labelsAt: PathConstraints["labelsAt"];
  readonly #createStream: () => TaggingStream;
  readonly #entitiesOf: (tagged: TaggedText) => readonly Finding[];
  readonly #contradiction: (token: LabelledToken) => never;
  readonly #reader: LabelledTokens;
  readonly #rows: MergedRows;
  #stream: TaggingStream;
  /** The labelled tokens that the stream holds. */
  #tokens: LabelledToken[] = [];
  #patience = PATIENCE;

  /**
   * @param labels how many there are; `labelsAt` has those that tokens may have which may not have any, by their places
   * @param entitiesOf what there is in a part of the text
   * @param contradiction called where no labels are allowed, with the token at which the last ones end; it must throw
   */
  constructor(
    text: string,
    { labels, labelsAt, reader }: LongTextLabels,
    createStream: () => TaggingStream,
    entitiesOf: (tagged: TaggedText) => readonly Finding[],
    contradiction: (token: LabelledToken) => never,
  ) {
    this.#text = text;
    this.#labels = labels;
    this.#labelsAt = labelsAt;
    this.#reader = reader;
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

  /** All that was found, in order; to be asked for once, at the end. */
  found(): Finding[] {
    return this.#found.take(this.#text);
  }

  #push({ place, start, end, word, emissions }: TokenRows): void {
    const labels = this.#labels;
    let steps = 0;
    for (let row = 0; row < place.length; row++) {
      const token = this.#reader.take(place[row]!, start[row]!, end[row]!, word[row]!);
      if (token === undefined) continue;
      this.#tokens.push(token);
      const left = this.#labelsAt?.get(token.place);
      // The labelled rows move together, none before its turn.
      for (let label = 0; label < labels; label++) {
        const score = left?.has(label) === false ? -Infinity : emissions[row * labels + label]!;
        emissions[steps * labels + label] = score;
      }
      steps++;
    }
    this.#stream.push(emissions.subarray(0, steps * labels));
  }

  /** Takes what is settled: whole words, and no entity that might go on. */
  #settle(isEnd: boolean): void {
    const { labels, probabilities, deadEnd, ...tagging } = this.#stream.settle(isEnd);
    const tokens = this.#tokens;
    if (deadEnd !== undefined) this.#contradiction(tokens[deadEnd]!);
    let known = isEnd ? labels.length : Math.max(0, labels.length - 1);
    while (!isEnd && known > 0 && tokens[known]!.word === tokens[known - 1]!.word) known--;
    const of = (name: keyof LabelledToken) => Int32Array.from({ length: known }, (_, i) => tokens[i]![name]);
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
    for (const entity of isOpen ? entities.slice(0, -1) : entities) this.#found.add(entity);
    this.#stream.drop(done);
    this.#tokens = tokens.slice(done);
    this.#patience = Math.max(PATIENCE, 2 * this.#tokens.length);
  }
}
