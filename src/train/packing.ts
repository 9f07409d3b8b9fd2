import type { Tokenizer } from "../text/tokenizer.ts";
import type { Sequence } from "./masking.ts";
import { uniform } from "./random.ts";

/** A sequence of a file's document. */
export interface PackedSequence extends Sequence {
  /** The document's line, counted from 1. */
  readonly line: number;
}

export interface Packing {
  readonly tokenizer: Tokenizer;
  /** Tokens that a sequence has at most, `[CLS]` and `[SEP]` included. */
  readonly maxLength: number;
  /** Whether sequences are to know their words. */
  readonly wholeWords: boolean;
  /** 32 bits. */
  readonly seed: number;
}

/** As google-research/electra's build_pretraining_dataset.py has them. */
const SINGLE_SEGMENT = 0.1;
const SHORTER = 0.05;
const SHORTEST = 5;

/** Site of random numbers, apart from those of others that share the seed. */
const PACKING = 0x9ac70000;

/** What finds sentences and words; languages without spaces between words need to be known by it. */
const LANGUAGE = "zh";

/**
 * Cuts documents into sequences for pre-training, as google-research/electra does: `[CLS]` first segment `[SEP]` second
 * segment `[SEP]`, the second following on the first in the text and cut from it at the end of a sentence, about halfway;
 * one in ten, and what is one sentence, has one segment alone, and one in twenty is made shorter. A sequence never has text
 * of two documents. Other than there, what does not fit into a sequence begins the next one, so that no text is lost.
 *
 * @param documents one for each line; lines without any text are passed over
 */
export function packDocuments(documents: Iterable<string>, packing: Packing): PackedSequence[] {
  const { tokenizer, maxLength, seed } = packing;
  const boundaries = new Boundaries(packing);
  const sequences: PackedSequence[] = [];
  let drawn = 0;
  const draw = () => uniform(seed, PACKING, drawn++);
  let line = 0;
  for (const text of documents) {
    line++;
    const { ids, start } = tokenizer.encode(text);
    const [cls, sep] = [ids[0]!, ids.at(-1)!];
    const tokens = ids.subarray(1, -1);
    if (tokens.length === 0) continue;
    const { sentences, words } = boundaries.of(text, start.subarray(1, -1));
    for (let first = 0; first < tokens.length; ) {
      const single = draw() < SINGLE_SEGMENT;
      const shorter = draw() < SHORTER;
      const length = shorter
        ? Math.min(maxLength, SHORTEST + Math.floor(draw() * (maxLength - SHORTEST + 1)))
        : maxLength;
      const room = { first, last: Math.min(tokens.length, first + length - 3) };
      const middle = single ? undefined : middleOf(sentences, room, Math.floor((length - 3) / 2), draw);
      const last = middle === undefined ? Math.min(tokens.length, first + length - 2) : room.last;
      const parts =
        middle === undefined
          ? [[first, last]]
          : [
              [first, middle],
              [middle, last],
            ];
      const join = (of: Int32Array, before: number, after: number) =>
        Int32Array.from([before, ...parts.flatMap(([from, to]) => [...of.subarray(from, to), after])]);
      const [[from, to]] = parts as [[number, number]];
      sequences.push({
        inputIds: join(tokens, cls, sep),
        firstSegment: to - from + 2,
        line,
        ...(words === undefined ? {} : { words: join(words, -1, -1) }),
      });
      first = last;
    }
  }
  return sequences;
}

/**
 * Where the second segment begins; undefined where there is none. The first takes sentences as long as it stays below
 * `target` tokens, at least one, and half of the times the one that takes it there too.
 *
 * @param sentences indices of the tokens that begin one, in ascending order
 */
function middleOf(
  sentences: Int32Array,
  { first, last }: { readonly first: number; readonly last: number },
  target: number,
  draw: () => number,
): number | undefined {
  let middle: number | undefined;
  for (let i = indexAfter(sentences, first); ; i++) {
    const end = Math.min(last, sentences[i] ?? last);
    if (middle !== undefined && end - first >= target && !(middle - first < target && draw() < 0.5))
      return middle;
    if (end === last) return undefined;
    middle = end;
  }
}

/** The index of the first of some ascending numbers that is above `value`. */
function indexAfter(ascending: Int32Array, value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Finds which tokens begin sentences, and which word each belongs to. */
class Boundaries {
  readonly #sentences = new Intl.Segmenter(LANGUAGE, { granularity: "sentence" });
  readonly #words: Intl.Segmenter | undefined;

  constructor({ wholeWords }: Packing) {
    if (wholeWords) this.#words = new Intl.Segmenter(LANGUAGE, { granularity: "word" });
  }

  /** @param start of each token, in UTF-16 units */
  of(text: string, start: Int32Array): { sentences: Int32Array; words: Int32Array | undefined } {
    const sentences: number[] = [];
    const numbers = segmentNumbers(this.#sentences, text, start);
    for (let i = 1; i < start.length; i++) if (numbers[i] !== numbers[i - 1]) sentences.push(i);
    const words = this.#words === undefined ? undefined : segmentNumbers(this.#words, text, start);
    return { sentences: Int32Array.from(sentences), words };
  }
}

/** The number of the segment in which each token begins. */
function segmentNumbers(segmenter: Intl.Segmenter, text: string, start: Int32Array): Int32Array {
  const numbers = new Int32Array(start.length);
  let [token, number] = [0, 0];
  for (const { index, segment } of segmenter.segment(text)) {
    const end = index + segment.length;
    while (token < start.length && start[token]! < end) numbers[token++] = number;
    number++;
  }
  return numbers;
}
