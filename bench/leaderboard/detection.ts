import { type FilledMask, pipeline } from "../../src/index.node.ts";
import { detectionScores } from "../../src/metrics/detection-scores.ts";
import { sigmoid } from "../../src/pipelines/scores.ts";
import { formatCount } from "../../src/report/numbers.ts";
import { random } from "../../test/random.ts";
import type { GraphAnswer } from "../peers/peers.ts";
import { placesIn, readPlainTexts } from "./plain-texts.ts";
import { Examinee, logitsOf, type Trial } from "./trial.ts";

/** As ours gives a token. */
type Given = readonly { readonly score: number }[];

/** One ideograph in as many is masked for the generator: 15 % in Clark et al. 2020. */
const STRIDE = 7;
/** The likeliest tokens, of which one is drawn. */
const CANDIDATES = 100;
const SEED = 1;
const BINS = 4096;

/**
 * Characters that the generator put in others' place, and those that it left: the area under the ROC curve. The texts are
 * the same for every engine.
 */
export async function detectionTrial(
  model: string,
  generator: string,
  files: readonly string[],
): Promise<Trial> {
  const examinee = await Examinee.open(model);
  const texts = (await Promise.all(files.map(readPlainTexts))).flat();
  const whole = (await Examinee.open(generator)).encodeEach(texts.map((text) => ({ text })));
  const replaced = await replaceSome(
    generator,
    whole.fitting.map(({ text }) => text),
  );
  const { fitting, tooLong } = examinee.encodeEach(replaced);
  const changed = fitting.map(({ text, replaced, encoded }) => ({
    text,
    ids: [...encoded.ids],
    replaced: [...encoded.start.subarray(1, -1)].map((at) => replaced.has(at)),
  }));
  const scoreOf =
    <Answer>(probabilities: (answer: Answer) => readonly number[]) =>
    (answers: readonly Answer[]) => {
      const histogram = new Float64Array(2 * BINS);
      for (const [i, answer] of answers.entries()) {
        const { replaced } = changed[i]!;
        const given = probabilities(answer);
        if (given.length !== replaced.length)
          throw new Error(`${given.length} scores of ${replaced.length} tokens`);
        for (const [step, probability] of given.entries()) {
          const bin = Math.min(BINS - 1, Math.floor(probability * BINS));
          histogram[(replaced[step] ? BINS : 0) + bin]!++;
        }
      }
      return detectionScores(histogram).auc;
    };
  const count = (of: (text: { readonly replaced: readonly boolean[] }) => number) =>
    formatCount(changed.reduce((sum, text) => sum + of(text), 0));
  return {
    metric: "AUC",
    counted:
      `${count(({ replaced }) => replaced.filter(Boolean).length)} replaced of ` +
      `${count(({ replaced }) => replaced.length)} characters`,
    tooLong: whole.tooLong + tooLong,
    samples: changed.map(({ text, ids }) => ({ text, ids })),
    score: scoreOf((answer) => (answer as Given).map(({ score }) => score)),
    scoreGraph: scoreOf((answer: GraphAnswer) => Array.from(logitsOf(answer).values, sigmoid).slice(1, -1)),
  };
}

interface ChangedText {
  readonly text: string;
  /** Where another character stands now. */
  readonly replaced: ReadonlySet<number>;
}

/** Has the generator fill some places of each text by chance, as in pre-training. */
async function replaceSome(generator: string, texts: readonly string[]): Promise<ChangedText[]> {
  const { vocab, maskToken } = await Examinee.open(generator);
  const known = new Set(vocab);
  const next = random(SEED);
  const fill = await pipeline("fill-mask", generator, { kernels: "simd", threads: 1 });
  const changed: ChangedText[] = [];
  for (const text of texts) {
    const places = placesIn(text, known, STRIDE);
    if (places.length === 0) continue;
    const characters = text.split("");
    for (const place of places) characters[place] = maskToken;
    const masks = (await fill<FilledMask[] | FilledMask[][]>(characters.join(""), { top_k: CANDIDATES })) as
      | FilledMask[]
      | FilledMask[][];
    for (const [i, place] of places.entries()) {
      const candidates = (places.length === 1 ? masks : masks[i]!) as FilledMask[];
      characters[place] = draw(
        candidates.filter(({ token_str }) => token_str.length === 1),
        next(),
      );
    }
    changed.push({
      text: characters.join(""),
      replaced: new Set(places.filter((place) => characters[place] !== text[place])),
    });
  }
  fill.dispose();
  return changed;
}

/** One of the candidates, by their probabilities. */
function draw(candidates: readonly FilledMask[], chance: number): string {
  let left = chance * candidates.reduce((sum, { score }) => sum + score, 0);
  for (const { score, token_str } of candidates) {
    left -= score;
    if (left < 0) return token_str;
  }
  return candidates.at(-1)!.token_str;
}
