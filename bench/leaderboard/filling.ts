import { formatCount } from "../../src/report/numbers.ts";
import type { GraphAnswer } from "../peers/peers.ts";
import { placesIn, readPlainTexts } from "./plain-texts.ts";
import { Examinee, logitsOf, type Trial } from "./trial.ts";

/** As ours gives a filled mask: the five likeliest, the best first. */
type Given = readonly { readonly token: number }[];

/** How many tokens our pipeline gives by itself. */
const TOP = 5;

/** One ideograph in as many is masked, each in a text of its own: transformers.js fills one mask a text. */
const STRIDE = 8;

/** Masked characters: how many are among the five likeliest tokens of their place. */
export async function fillingTrial(model: string, files: readonly string[]): Promise<Trial> {
  const examinee = await Examinee.open(model);
  const { vocab, maskToken } = examinee;
  const known = new Set(vocab);
  const texts = (await Promise.all(files.map(readPlainTexts))).flat().map((text) => ({ text }));
  const whole = examinee.encodeEach(texts);
  // As many tokens as the whole text has: one for the ideograph, one for the mask.
  const { fitting: masked } = examinee.encodeEach(
    whole.fitting.flatMap(({ text }) =>
      placesIn(text, known, STRIDE).map((place) => ({
        text: text.slice(0, place) + maskToken + text.slice(place + 1),
        token: vocab.indexOf(text[place]!),
      })),
    ),
  );
  const mask = vocab.indexOf(maskToken);
  const scoreOf =
    <Answer>(isFound: (answer: Answer, i: number) => boolean) =>
    (answers: readonly Answer[]) =>
      answers.filter(isFound).length / answers.length;
  return {
    metric: "top-5",
    counted: `${formatCount(masked.length)} masked characters of ${formatCount(whole.fitting.length)} texts`,
    tooLong: whole.tooLong,
    samples: masked.map(({ text, encoded }) => ({ text, ids: [...encoded.ids] })),
    score: scoreOf((answer, i) => (answer as Given).some(({ token }) => token === masked[i]!.token)),
    scoreGraph: scoreOf((answer: GraphAnswer, i) => {
      const { values, width } = logitsOf(answer);
      const row = masked[i]!.encoded.ids.indexOf(mask) * width;
      const scores = Array.from({ length: vocab.length }, (_, token) => values[row + token]!);
      return rankOf(masked[i]!.token, scores) < TOP;
    }),
  };
}

/** How many have a higher score. */
export function rankOf(token: number, scores: readonly number[]): number {
  return scores.filter((score) => score > scores[token]!).length;
}
