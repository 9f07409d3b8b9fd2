import { SPECIAL_TOKENS } from "./build-vocab.ts";
import { CONTINUATION, MAX_WORD_LENGTH } from "./wordpiece.ts";
import { type WordForm, wordSplitter } from "./words.ts";

export interface WordPieceVocabularyOptions extends WordForm {
  /** Tokens at most, BERT's special tokens and single characters included. */
  readonly size: number;
  /** How often a character or a pair of pieces must occur. */
  readonly minFrequency: number;
}

/** A word of the texts as the pieces that it is made of so far. */
interface Spelling {
  pieces: string[];
  readonly count: number;
}

interface Pair {
  readonly left: string;
  readonly right: string;
  count: number;
  /** The words that hold it, or held it once. */
  readonly words: Set<Spelling>;
}

/**
 * A vocabulary of word pieces: single characters, then the most frequent pair of neighbours joined again and again (Sennrich
 * et al. 2016), as Hugging Face's `WordPieceTrainer` does it. Pairs as frequent are taken in the order of their code points,
 * so that the same texts give the same vocabulary.
 *
 * @returns BERT's special tokens, then characters by frequency, then pieces in the order in which they were joined
 */
export function buildWordPieceVocabulary(
  texts: Iterable<string>,
  { size, minFrequency, ...form }: WordPieceVocabularyOptions,
): string[] {
  const words = spell(texts, form);
  const vocabulary = new Set([...SPECIAL_TOKENS, ...charactersOf(words, minFrequency)].slice(0, size));
  const pairs = new Pairs(words);
  while (vocabulary.size < size) {
    const pair = pairs.takeMostFrequent();
    if (pair === undefined || pair.count < minFrequency) break;
    vocabulary.add(joined(pair.left, pair.right));
    pairs.join(pair);
  }
  return [...vocabulary];
}

const joined = (left: string, right: string) => left + right.slice(CONTINUATION.length);

function spell(texts: Iterable<string>, form: WordForm): Spelling[] {
  const wordsOf = wordSplitter(form);
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const { form, length } of wordsOf(text, 0, text.length)) {
      if (length <= MAX_WORD_LENGTH) counts.set(form, (counts.get(form) ?? 0) + 1);
    }
  }
  return Array.from(counts, ([word, count]) => ({
    pieces: [...word].map((character, i) => (i === 0 ? character : CONTINUATION + character)),
    count,
  }));
}

function charactersOf(words: readonly Spelling[], minFrequency: number): string[] {
  const counts = new Map<string, number>();
  for (const { pieces, count } of words) {
    for (const piece of pieces) counts.set(piece, (counts.get(piece) ?? 0) + count);
  }
  const frequent = [...counts].filter(([, count]) => count >= minFrequency);
  frequent.sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  return frequent.map(([piece]) => piece);
}

/** All pairs of neighbouring pieces with how often they occur, kept as words are joined. */
class Pairs {
  readonly #pairs = new Map<string, Pair>();
  /** Pairs that may be the most frequent, by counts that were theirs once; these only fall, but for new pairs. */
  readonly #queue = new PairQueue();

  constructor(words: readonly Spelling[]) {
    for (const word of words) this.#count(word, 1);
    for (const pair of this.#pairs.values()) this.#queue.push(pair);
  }

  takeMostFrequent(): Pair | undefined {
    return this.#queue.pop();
  }

  /** Puts a pair's two pieces together in every word. */
  join({ left, right, words }: Pair): void {
    const grown = new Set<Pair>();
    for (const word of words) {
      const pieces: string[] = [];
      for (let i = 0; i < word.pieces.length; i++) {
        const hit = word.pieces[i] === left && word.pieces[i + 1] === right;
        pieces.push(hit ? joined(left, right) : word.pieces[i]!);
        if (hit) i++;
      }
      if (pieces.length === word.pieces.length) continue;
      this.#count(word, -1);
      word.pieces = pieces;
      for (const pair of this.#count(word, 1)) grown.add(pair);
    }
    for (const pair of grown) this.#queue.push(pair);
  }

  #count(word: Spelling, sign: 1 | -1): Pair[] {
    const { pieces, count } = word;
    return pieces.slice(1).map((right, i) => {
      const left = pieces[i]!;
      const key = `${left} ${right}`;
      const pair = this.#pairs.get(key) ?? { left, right, count: 0, words: new Set<Spelling>() };
      pair.count += sign * count;
      pair.words.add(word);
      this.#pairs.set(key, pair);
      return pair;
    });
  }
}

/** A binary heap of pairs, the most frequent first. A pair that has lost occurrences since it came in sinks when it is met. */
class PairQueue {
  readonly #entries: { readonly pair: Pair; readonly count: number }[] = [];

  push(pair: Pair): void {
    const entries = this.#entries;
    let at = entries.length;
    entries.push({ pair, count: pair.count });
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      [entries[at], entries[parent]] = [entries[parent]!, entries[at]!];
      at = parent;
    }
  }

  pop(): Pair | undefined {
    for (;;) {
      const top = this.#takeTop();
      if (top === undefined || top.pair.count === top.count) return top?.pair;
      if (top.pair.count > 0 && top.pair.count < top.count) this.push(top.pair);
    }
  }

  #takeTop() {
    const entries = this.#entries;
    const top = entries[0];
    const last = entries.pop();
    if (entries.length === 0 || last === undefined) return top;
    entries[0] = last;
    for (let at = 0; ; ) {
      const child = 2 * at + 1;
      if (child >= entries.length) return top;
      const first = child + 1 < entries.length && this.#before(child + 1, child) ? child + 1 : child;
      if (!this.#before(first, at)) return top;
      [entries[at], entries[first]] = [entries[first]!, entries[at]!];
      at = first;
    }
  }

  #before(a: number, b: number): boolean {
    const [first, second] = [this.#entries[a]!, this.#entries[b]!];
    if (first.count !== second.count) return first.count > second.count;
    const [one, other] = [first.pair, second.pair];
    return one.left === other.left ? one.right < other.right : one.left < other.left;
  }
}
