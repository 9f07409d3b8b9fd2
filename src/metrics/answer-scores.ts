/** How well answers to questions are found, each from 0 to 1. */
export interface AnswerScores {
  /** The share of answers that are one of those expected, but for what normalising takes away. */
  readonly exactMatch: number;
  /** The mean overlap with the expected answer that is nearest. */
  readonly f1: number;
  readonly questions: number;
}

/** How answers are compared. */
export interface AnswerMetric {
  /** What is left of an answer, to be compared whole. */
  normalize(answer: string): string;
  /** 0 to 1 */
  overlap(expected: string, answer: string): number;
}

/** Scores a data set's answers, a question at a time. */
export class AnswerScorer {
  readonly #metric: AnswerMetric;
  #exact = 0;
  #overlap = 0;
  #questions = 0;

  constructor(metric: AnswerMetric) {
    this.#metric = metric;
  }

  /** @param expected any of them is right; none, or an empty one, for a question that has no answer */
  add(expected: readonly string[], answer: string): void {
    const right = expected.length === 0 ? [""] : expected;
    const given = this.#metric.normalize(answer);
    if (right.some((each) => this.#metric.normalize(each) === given)) this.#exact++;
    this.#overlap += Math.max(...right.map((each) => this.#metric.overlap(each, answer)));
    this.#questions++;
  }

  scores(): AnswerScores {
    const questions = this.#questions;
    const share = (sum: number) => (questions === 0 ? 0 : sum / questions);
    return { exactMatch: share(this.#exact), f1: share(this.#overlap), questions };
  }
}

const ASCII_PUNCTUATION = /[!-/:-@[-`{-~]/gu;

const squadWords = (answer: string): string[] =>
  answer
    .toLowerCase()
    .replace(ASCII_PUNCTUATION, "")
    .replace(/(?<![\p{L}\p{M}\p{N}_])(a|an|the)(?![\p{L}\p{M}\p{N}_])/gu, " ")
    .split(/\s+/u)
    .filter((word) => word !== "");

const f1 = (common: number, expected: number, given: number) =>
  common === 0 ? 0 : (2 * common) / (expected + given);

/** SQuAD's (Rajpurkar et al. 2016, 2018): words in any order, without case, ASCII punctuation and articles. */
export const squad: AnswerMetric = {
  normalize: (answer) => squadWords(answer).join(" "),
  overlap(expected, answer) {
    const [right, given] = [squadWords(expected), squadWords(answer)];
    // Where there is no answer, there is none or all of it to find.
    if (right.length === 0 || given.length === 0) return right.length === given.length ? 1 : 0;
    const left = new Map<string, number>();
    for (const word of right) left.set(word, (left.get(word) ?? 0) + 1);
    let common = 0;
    for (const word of given) {
      const count = left.get(word) ?? 0;
      if (count > 0) common++;
      left.set(word, count - 1);
    }
    return f1(common, right.length, given.length);
  },
};

const CMRC_PUNCTUATION = new Set("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』");
const HAN = /[\u4e00-\u9fa5]/u;
/** A number, a word with its apostrophes and hyphens, or whatever else stands alone. */
const OTHER_WORDS = /\d+(?:[.,]\d+)*|[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}]+)*|[^\s]/gu;

/** Chinese characters one by one, the text between them by words. */
function mixedSegments(answer: string): string[] {
  const segments: string[] = [];
  let other = "";
  const finish = () => {
    segments.push(...(other.match(OTHER_WORDS) ?? []));
    other = "";
  };
  for (const character of answer.toLowerCase().trim()) {
    if (CMRC_PUNCTUATION.has(character)) continue;
    if (HAN.test(character)) {
      finish();
      segments.push(character);
    } else {
      other += character;
    }
  }
  finish();
  return segments;
}

/**
 * CMRC 2018's (Cui et al. 2019): the longest run of segments that both have, Chinese characters one by one. Between them
 * the official program cuts English as nltk does; here words and numbers are cut at blanks and punctuation, which differs
 * in contractions.
 */
export const cmrc: AnswerMetric = {
  normalize: (answer) =>
    Array.from(answer.toLowerCase().trim())
      .filter((character) => !CMRC_PUNCTUATION.has(character))
      .join(""),
  overlap(expected, answer) {
    const [right, given] = [mixedSegments(expected), mixedSegments(answer)];
    let longest = 0;
    let before = new Int32Array(given.length + 1);
    for (const segment of right) {
      const here = new Int32Array(given.length + 1);
      given.forEach((other, i) => {
        if (segment === other) here[i + 1] = before[i]! + 1;
        longest = Math.max(longest, here[i + 1]!);
      });
      before = here;
    }
    return f1(longest, right.length, given.length);
  },
};
