import { indexOfMaximum } from "../../src/model/scores.ts";
import { formatCount } from "../../src/report/numbers.ts";
import { placesIn, readPlainTexts } from "./plain-texts.ts";
import { Examinee, logitsOf, type Trial } from "./trial.ts";

/** As ours and transformers.js give a filled mask: the likeliest first. */
type Given = readonly { readonly token: number }[];

/** One ideograph in as many is masked, each in a text of its own, since transformers.js fills one mask a text. */
const STRIDE = 8;

/** Masked characters: how many are the likeliest token at their place. */
export async function fillingTrial(model: string, files: readonly string[]): Promise<Trial> {
  const examinee = await Examinee.open(model);
  const { vocab, maskToken } = examinee;
  const known = new Set(vocab);
  const texts = (await Promise.all(files.map(readPlainTexts))).flat();
  const masked = texts.flatMap((whole) =>
    placesIn(whole, known, STRIDE).flatMap((place) => {
      const text = whole.slice(0, place) + maskToken + whole.slice(place + 1);
      const encoded = examinee.encode(text);
      return encoded === undefined
        ? []
        : [{ text, ids: [...encoded.ids], token: vocab.indexOf(whole[place]!) }];
    }),
  );
  const mask = vocab.indexOf(maskToken);
  const scoreOf = (likeliest: (answer: unknown, i: number) => number) => (answers: readonly unknown[]) =>
    answers.filter((answer, i) => likeliest(answer, i) === masked[i]!.token).length / answers.length;
  const given = scoreOf((answer) => (answer as Given)[0]!.token);
  const byLogits = scoreOf((answer, i) => {
    const { values, width } = logitsOf(answer);
    const row = masked[i]!.ids.indexOf(mask) * width;
    return indexOfMaximum(Float64Array.from({ length: vocab.length }, (_, token) => values[row + token]!));
  });
  return {
    metric: "accuracy",
    counted: `${formatCount(masked.length)} masked characters of ${formatCount(texts.length)} texts`,
    samples: masked.map(({ text, ids }) => ({ text, ids })),
    score: {
      "electra-edge": given,
      "onnxruntime-web": byLogits,
      "onnxruntime-node": byLogits,
      "transformers.js": given,
    },
  };
}
