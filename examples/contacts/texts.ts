import { givenName, personName, surname } from "../made-up/names.ts";
import { phoneNumber } from "../made-up/phones.ts";
import { Random } from "../made-up/random.ts";
import { mentionedPlace, postalAddress } from "./addresses.ts";
import {
  account,
  addressed,
  bankCard,
  code,
  count,
  date,
  email,
  identityCard,
  maskedPhone,
  money,
  order,
  publicNumber,
  publicPlace,
  rareWord,
  roomOnly,
  time,
  url,
} from "./fillers.ts";
import { Grammar, type Piece, type Slot } from "./grammar.ts";
import { LEXICON } from "./lexicon.ts";
import { roughen } from "./noise.ts";
import { companyAndShort, organisation } from "./organisations.ts";
import { FORMS, JOBS, RECORDS, REVIEWS } from "./patterns/business.ts";
import { CONTEXTS } from "./patterns/contexts.ts";
import { CHATS, LETTERS } from "./patterns/letters.ts";
import { NOTICES, PRESS } from "./patterns/press.ts";
import { PLAIN, PLAIN_PARTS, PROSE } from "./patterns/prose.ts";
import { PLAIN_STORIES, STORIES } from "./patterns/stories.ts";

/** What the model marks: a person, a phone number, a postal address, an organisation. */
export const ENTITY_TYPES = ["PER", "TEL", "ADDR", "ORG"] as const;

/** A made-up text with its entities; offsets are UTF-16 units. */
export interface MadeUpText {
  readonly text: string;
  readonly entities: readonly { readonly type: string; readonly start: number; readonly end: number }[];
}

const entity =
  (type: (typeof ENTITY_TYPES)[number], make: (random: Random) => string): Slot =>
  (random) => ({ type, text: make(random) });

const plain =
  (make: (random: Random) => string): Slot =>
  (random) => ({ text: make(random) });

/** How often a word of the lexicon gives way to one that no dictionary has. */
const RARE_WORDS = 0.12;

const lexical = (name: string): Slot =>
  plain((random) => (random.chance(RARE_WORDS) ? rareWord(random) : random.pick(LEXICON[name]!)));

const listed = (name: string): Slot => plain((random) => random.pick(LEXICON[name]!));

const defined: Slot = (random) => {
  const { full, short } = companyAndShort(random);
  const quoted = random.chance(0.7);
  return [
    { type: "ORG", text: full },
    { text: `（${random.pick(["以下简称", "下称", "简称", ""])}${quoted ? "“" : ""}` },
    { type: "ORG", text: short },
    { text: `${quoted ? "”" : ""}）` },
  ];
};

const SLOTS: Readonly<Record<string, Slot>> = {
  p: entity("PER", personName),
  t: entity("TEL", phoneNumber),
  a: entity("ADDR", postalAddress),
  o: entity("ORG", organisation),
  defined,
  date: plain(date),
  time: plain(time),
  money: plain(money),
  n: plain(count),
  year: plain((random) => String(random.between(1949, 2029))),
  zip: plain((random) => random.digits(6)),
  order: plain(order),
  id: plain(identityCard),
  card: plain(bankCard),
  mail: plain(email),
  url: plain(url),
  acct: plain(account),
  code: plain(code),
  code2: plain((random) => (random.chance(0.5) ? code(random) : random.digits(random.between(5, 12)))),
  pub: plain(publicNumber),
  masked: plain(maskedPhone),
  room: plain(roomOnly),
  st: plain(addressed),
  sur: plain(surname),
  w: listed("common"),
  f: listed("function_word"),
  g: plain((random) => givenName(random)[0]!),
  place: plain((random) => (random.chance(0.55) ? mentionedPlace(random) : publicPlace(random))),
  rare: plain(rareWord),
  bar: plain((random) => random.pick(["|", "｜", "/", "·", "-", "，", "  "])),
  item: lexical("item"),
  thing: lexical("thing"),
  act: lexical("act"),
  quality: lexical("quality"),
  adv: plain((random) => (random.chance(0.4) ? "" : random.pick(LEXICON["adverb"]!))),
  topic: lexical("topic"),
  event: lexical("event"),
  food: lexical("food"),
  person: listed("person"),
  job: listed("job"),
  does: listed("does"),
  idiom: listed("idiom"),
  link: listed("link"),
  work: listed("work"),
  book: listed("work"),
  emo: listed("emoji"),
  en: listed("english"),
  english: listed("english"),
};

const grammar = new Grammar(SLOTS, {
  ...PROSE,
  ...PLAIN_PARTS,
  ...CONTEXTS,
  press: PRESS,
  notice: NOTICES,
  letter: LETTERS,
  chat: CHATS,
  form: FORMS,
  job_ad: JOBS,
  record: RECORDS,
  review: REVIEWS,
  story: STORIES,
  plain: PLAIN,
  plain_story: PLAIN_STORIES,
});

const GENRES: readonly (readonly [number, string])[] = [
  [13, "plain"],
  [5, "medley"],
  [14, "plain_story"],
  [17, "press"],
  [13, "notice"],
  [9, "letter"],
  [12, "chat"],
  [14, "form"],
  [6, "job_ad"],
  [8, "record"],
  [7, "review"],
  [16, "free"],
  [16, "story"],
];

/** What may stand between the sentences of a genre. */
const STRAY = ["plain", "plain_story", "free", "story", "medley"] as const;

const LENGTH_LIMIT = 240;

/** How many sentences make a text. */
const SENTENCES: readonly (readonly [number, number])[] = [
  [66, 1],
  [22, 2],
  [8, 3],
  [4, 5],
];

const lengthOf = (pieces: readonly Piece[]) => pieces.reduce((sum, { text }) => sum + [...text].length, 0);

/** What a set of texts is like. */
export interface Manner {
  /** How many of the texts have some of their characters swapped for any others, from 0 to 1. */
  readonly oddity: number;
  /** How often a text's entities stand in any context, beside all other kinds of text, whose weights sum up to 150. */
  readonly anywhere: number;
}

const USUAL: Manner = { oddity: 0.22, anywhere: 40 };

/**
 * One text: a sentence or several of the same kind, now and then with others between. The same seed and number make the
 * same text, whatever was made before.
 */
export function madeUpText(seed: number, number: number, manner: Manner = USUAL): MadeUpText {
  const random = new Random(seed, number);
  const genre = random.weighted([...GENRES, [manner.anywhere, "anywhere"]]);
  const sentences = random.weighted(SENTENCES);
  const kept = new Map<string, readonly Piece[]>();
  const pieces: Piece[] = [];
  for (let i = 0; i < sentences; i++) {
    const stray = random.chance(0.25) ? random.pick(STRAY) : genre;
    const sentence = grammar.expand(stray, random, kept);
    if (pieces.length > 0 && lengthOf(pieces) + lengthOf(sentence) > LENGTH_LIMIT) break;
    if (i > 0)
      pieces.push({
        text: random.weighted([
          [6, ""],
          [3, " "],
          [1, "　"],
        ]),
      });
    pieces.push(...sentence);
  }
  return joined(cut(roughen(pieces, random, manner.oddity)));
}

/** Pieces up to the limit; never within an entity. */
function cut(pieces: readonly Piece[]): Piece[] {
  const kept: Piece[] = [];
  let length = 0;
  for (const piece of pieces) {
    length += [...piece.text].length;
    if (length > LENGTH_LIMIT) break;
    kept.push(piece);
  }
  return kept;
}

function joined(pieces: readonly Piece[]): MadeUpText {
  let text = "";
  const entities = [];
  for (const piece of pieces) {
    const start = text.length;
    text += piece.text;
    if (piece.type !== undefined) entities.push({ type: piece.type, start, end: text.length });
  }
  return { text, entities };
}

/** Texts as columns: a character, a tab and its label in BIO; a blank line after each text. */
export function toColumns({ text, entities }: MadeUpText): string {
  let columns = "";
  let at = 0;
  for (const character of text) {
    const inside = entities.find(({ start, end }) => start <= at && at < end);
    const label = inside === undefined ? "O" : `${inside.start === at ? "B" : "I"}-${inside.type}`;
    columns += `${character}\t${label}\n`;
    at += character.length;
  }
  return `${columns}\n`;
}
