import { anyHanzi } from "../made-up/hanzi.ts";
import type { Random } from "../made-up/random.ts";
import type { Piece } from "./grammar.ts";

const HALF_WIDTH: Readonly<Record<string, string>> = {
  "，": ",",
  "。": ".",
  "：": ":",
  "；": ";",
  "！": "!",
  "？": "?",
  "（": "(",
  "）": ")",
  "“": '"',
  "”": '"',
};

type Roughening = (text: string, random: Random) => string;

const halfWidth: Roughening = (text) => text.replace(/[，。：；！？（）“”]/gu, (mark) => HALF_WIDTH[mark]!);
const spaces: Roughening = (text) => text.replace(/[，。；]/gu, " ");
const noMarks: Roughening = (text) => text.replace(/[，。；、！“”]/gu, "");
const cornerQuotes: Roughening = (text) => text.replace(/“/gu, "「").replace(/”/gu, "」");
const commas: Roughening = (text) => text.replace(/。/gu, "，");
const noColons: Roughening = (text) => text.replace(/[：:]/gu, "");
const excited: Roughening = (text, random) =>
  text.replace(/。/gu, random.pick(["！", "！！", "~", "～", "…", "..."]));

/** Other characters in place of some: texts are never quite of the words that one knows. */
const otherCharacters: Roughening = (text, random) =>
  text.replace(/\p{Script=Han}/gu, (character) => (random.chance(0.1) ? anyHanzi(random) : character));

const MARKS: readonly (readonly [number, Roughening | undefined])[] = [
  [66, undefined],
  [12, halfWidth],
  [5, spaces],
  [5, noMarks],
  [3, cornerQuotes],
  [3, commas],
  [2, noColons],
  [4, excited],
];

/** Writes the marks of a text as people do, leaves off its end or beginning, swaps characters outside its entities. */
export function roughen(pieces: readonly Piece[], random: Random, oddity: number): Piece[] {
  const marks = random.weighted(MARKS);
  const others = random.chance(oddity) ? otherCharacters : undefined;
  const rough = pieces.map((piece) => {
    if (piece.type !== undefined)
      return marks === halfWidth ? { ...piece, text: halfWidth(piece.text, random) } : piece;
    let { text } = piece;
    if (marks !== undefined) text = marks(text, random);
    if (others !== undefined) text = others(text, random);
    return { text };
  });
  return trimmed(rough, random).filter(({ text }) => text !== "");
}

function trimmed(pieces: Piece[], random: Random): Piece[] {
  const last = pieces.at(-1)!;
  if (last.type === undefined && random.chance(0.2)) {
    pieces[pieces.length - 1] = { text: last.text.replace(/[。.]$/u, "") };
  }
  const first = pieces[0]!;
  const start = first.type === undefined ? random.below(first.text.length) : 0;
  if (random.chance(0.06) && start > 0) pieces[0] = { text: [...first.text].slice(start).join("") };
  while (pieces.length > 1 && pieces[0]!.type === undefined && pieces[0]!.text.trim() === "") pieces.shift();
  return pieces;
}
