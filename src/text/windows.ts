import type { Encoding } from "./encoding.ts";

/** What fits the model of a text that doesn't: some of its tokens between `[CLS]` and `[SEP]`. Every array is [rows]. */
export interface TextWindow extends Encoding {
  /** The place of the window's first row in the input that the whole text would be, where `[CLS]` is 0. */
  readonly first: number;
  /** Whether its first token begins a line, so that no window before it holds that token too; likewise its last one. */
  readonly opens: boolean;
  readonly closes: boolean;
  /** Whether the text ends with it. */
  readonly last: boolean;
}

export interface WindowOptions {
  /** The most tokens of a window, `[CLS]` and `[SEP]` included. */
  readonly max_length: number;
  /** About how many tokens neighbours in a line share. */
  readonly stride: number;
}

const FIELDS = ["ids", "start", "end", "word"] as const;
const AFTER_SENTENCE = /(?:[。！？；…!?;]|\.\s)["'”’」』）)]*\s*$/u;
const CLOSING = /^["'”’」』）)。！？；…!?;.\s]/u;
const LONGEST_END = 4; // UTF-16 units that may close a sentence: 。”）and a blank

/**
 * Lays windows over a text. A line is a text of its own: no window holds parts of two, nor blanks between them. One that is
 * longer than a window gets several, which overlap, and which end and begin where sentences do, or else words. A run of ASCII
 * letters and digits is a word here even where each of them is a token.
 *
 * @param pieces the tokens of the text, some at a time, without `[CLS]` and `[SEP]`
 * @param around the ids of `[CLS]` and `[SEP]`
 */
export function* layWindows(
  text: string,
  pieces: Iterable<Encoding>,
  [cls, sep]: readonly [number, number],
  { max_length, stride }: WindowOptions,
): Generator<TextWindow> {
  const capacity = max_length - 2;
  const source = pieces[Symbol.iterator]();
  const tokens = { ids: [] as number[], start: [] as number[], end: [] as number[], word: [] as number[] };
  const { ids, start, end, word } = tokens;

  /** Whether the tokens don't end after `count` of them. */
  const holdsMoreThan = (count: number): boolean => {
    while (ids.length <= count) {
      const next = source.next();
      if (next.done) return false;
      for (const name of FIELDS) tokens[name].push(...next.value[name]);
    }
    return true;
  };
  const isBlank = (at: number): boolean => /\s/u.test(text[start[at]!]!);
  const endsLine = (at: number): boolean => {
    if (isBlank(at)) return false;
    let blank = start[at]! - 1;
    while (blank > start[0]! && text[blank] !== "\n" && /\s/u.test(text[blank]!)) blank--;
    return text[blank] === "\n";
  };
  const endsSentence = (at: number): boolean =>
    AFTER_SENTENCE.test(text.slice(Math.max(0, start[at]! - LONGEST_END), start[at])) &&
    !CLOSING.test(text[start[at]!]!);
  const endsWord = (at: number): boolean =>
    word[at] !== word[at - 1] && !/^[A-Za-z0-9]{2}$/.test(text.slice(start[at]! - 1, start[at]! + 1));
  /** The last place from `from` down to `least` where one ends. */
  const lastEnd = (ends: (at: number) => boolean, from: number, least: number): number | undefined => {
    for (let at = from; at >= least; at--) if (ends(at)) return at;
    return undefined;
  };

  /** Where to begin if not quite at `ideal`: up to `slack` tokens before it, or after it, rather than in a word. */
  const beginning = (ideal: number, slack: number, to: number): number => {
    const least = Math.max(1, ideal - slack);
    const before = lastEnd(endsSentence, ideal, least) ?? lastEnd(endsWord, ideal, least);
    if (before !== undefined) return before;
    let at = ideal;
    while (at < to && !endsWord(at)) at++;
    return at < to || endsWord(to) ? at : ideal;
  };

  let first = 0;
  let shared = 0;
  let opens = true;
  for (let last = false; !last; ) {
    let to = 1;
    // Blanks that end a line take no room.
    while (holdsMoreThan(to) && !endsLine(to) && (to <= capacity || isBlank(to))) to++;
    to = Math.min(to, ids.length);
    // What breaks the line is no part of it, even where it is a token.
    let held = to;
    while (held > 0 && isBlank(held - 1)) held--;
    const closes = held <= capacity && (!holdsMoreThan(to) || endsLine(to));
    if (!closes) {
      to =
        lastEnd(endsSentence, capacity, shared + Math.ceil((capacity - shared) / 2)) ??
        lastEnd(endsWord, capacity, shared + 1) ??
        capacity;
      held = to;
    }
    last = !holdsMoreThan(to);
    const rows = (own: readonly number[], before: number, after: number) =>
      Int32Array.from({ length: held + 2 }, (_, row) => {
        return row === 0 ? before : row > held ? after : own[row - 1]!;
      });
    const [from, until] = [start[0] ?? 0, last ? text.length : end[to - 1]!];
    yield {
      ids: rows(ids, cls, sep),
      start: rows(start, from, until),
      end: rows(end, from, until),
      word: rows(word, -1, -1),
      first,
      opens,
      closes,
      last,
    };
    const next = closes ? to : beginning(Math.max(1, to - stride), Math.ceil(stride / 2), to);
    for (const name of FIELDS) tokens[name].splice(0, next);
    first += next;
    shared = to - next;
    opens = closes;
  }
}

/**
 * How much a row of a window is to be believed where another window has the same token: the distance, in tokens, from the
 * nearer end of the window beyond which it could not see.
 */
export function trustOf({ ids, opens, closes }: TextWindow, row: number): number {
  return Math.min(opens ? ids.length : row, closes ? ids.length : ids.length - 1 - row);
}

/** The places, half-open, of the rows that tell of the text: `[CLS]` and `[SEP]` are a window's own, but at its ends. */
export function placesOf({ first, ids, last }: TextWindow): [from: number, to: number] {
  return [first === 0 ? 0 : first + 1, first + ids.length - (last ? 0 : 1)];
}
