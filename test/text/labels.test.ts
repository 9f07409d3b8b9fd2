import assert from "node:assert/strict";
import { test } from "node:test";
import {
  detectScheme,
  endsEntity,
  type Label,
  type LabelScheme,
  labelsToSpans,
  parseLabel,
  parseScheme,
  type Span,
  schemeAllows,
  startsEntity,
} from "../../src/text/labels.ts";
import { fixture } from "./tokenizers.ts";

const BIO: LabelScheme = { notation: "BIO", typeFirst: false };
const BIOES: LabelScheme = { notation: "BIOES", typeFirst: false };
const BMES: LabelScheme = { notation: "BMES", typeFirst: false };
const O: Label = { prefix: "O", type: "" };

const spans = (labels: string, scheme: LabelScheme = BIO): string =>
  labelsToSpans(labels.split(" ").map((label) => parseLabel(label, scheme)))
    .map(({ type, start, end }) => `${type} ${start}-${end}`)
    .join(", ");

test("whole and broken sequences give conlleval's entities", () => {
  assert.equal(spans("B-P I-P O B-T"), "P 0-2, T 3-4");
  assert.equal(spans("I-P I-P O I-T"), "P 0-2, T 3-4", "an I after O begins one");
  assert.equal(spans("B-P I-T I-T"), "P 0-1, T 1-3", "an I of another type begins one");
  assert.equal(spans("B-P B-P"), "P 0-1, P 1-2");
  assert.equal(spans("S-P B-P E-P E-P I-P", BIOES), "P 0-1, P 1-3, P 3-4, P 4-5");
  assert.equal(spans("B-P M-P E-P S-P M-P", BMES), "P 0-3, P 3-4, P 4-5");
  assert.equal(spans("O O"), "");
  assert.deepEqual(labelsToSpans([]), []);
});

const LABELS: Label[] = [O];
for (const prefix of ["B", "I", "E", "S"] as const)
  for (const type of ["X", "Y"]) LABELS.push({ prefix, type });

/** conlleval's own two lists of rules, stated as it states them: over pairs of prefixes, then the types. */
const END_PAIRS = "BB BO BS IB IO IS EE EI EO EB ES SS SB SI SE SO";
const START_PAIRS = "BB IB OB EB SB OI EI SI OE EE SE BS IS OS ES SS";
const inList = (list: string, a: Label, b: Label): boolean => list.split(" ").includes(a.prefix + b.prefix);
const endOfChunk = (a: Label, b: Label): boolean =>
  inList(END_PAIRS, a, b) || (a.prefix !== "O" && a.type !== b.type);
const startOfChunk = (a: Label, b: Label): boolean =>
  inList(START_PAIRS, a, b) || (b.prefix !== "O" && a.type !== b.type);

test("beginnings and ends of every pair are conlleval's", () => {
  for (const a of LABELS) {
    for (const b of LABELS) {
      const pair = `${a.prefix}-${a.type} ${b.prefix}-${b.type}`;
      assert.equal(endsEntity(a, b), endOfChunk(a, b), pair);
      assert.equal(startsEntity(a, b), startOfChunk(a, b), pair);
    }
  }
});

test("every sequence of up to five labels gives the spans that conlleval counts", () => {
  const counted = (labels: readonly Label[]): Span[] => {
    const found: Span[] = [];
    let open = -1;
    let previous = O;
    for (const [i, label] of [...labels, O].entries()) {
      if (open >= 0 && endOfChunk(previous, label)) {
        found.push({ type: previous.type, start: open, end: i });
        open = -1;
      }
      if (startOfChunk(previous, label)) open = i;
      previous = label;
    }
    return found;
  };
  let sequences: Label[][] = [[]];
  for (let length = 1; length <= 5; length++) {
    sequences = sequences.flatMap((head) => LABELS.map((label) => [...head, label]));
    for (const labels of sequences) {
      const ours = JSON.stringify(labelsToSpans(labels));
      if (ours !== JSON.stringify(counted(labels))) assert.fail(`${JSON.stringify(labels)} gave ${ours}`);
    }
  }
});

test("every sequence of up to three labels gives seqeval's entities", () => {
  type Entity = [type: string, first: number, last: number];
  const golden = fixture<{ labels: string[]; entities: [number[], Entity[]][] }>("text-seqeval.json");
  assert.equal(golden.entities.length, 9 + 9 ** 2 + 9 ** 3);
  for (const [sequence, expected] of golden.entities) {
    const labels = sequence.map((i) => parseLabel(golden.labels[i], BIOES));
    const ours = labelsToSpans(labels).map(({ type, start, end }): Entity => [type, start, end - 1]);
    assert.deepEqual(ours, expected, sequence.map((i) => golden.labels[i]).join(" "));
  }
});

const LISTS: [labels: string, scheme: LabelScheme][] = [
  ["O B-P I-P B-A1 I-A1", BIO],
  ["P-B P-I T-B T-I A1-B A1-I O", { notation: "BIO", typeFirst: true }],
  ["O B-PER I-PER E-PER S-PER", BIOES],
  ["PER-O O PER-B PER-I PER-E PER-S", { notation: "BIOES", typeFirst: true }],
  ["B-NAME M-NAME E-NAME S-NAME O", BMES],
  ["NAME-B NAME-M NAME-E NAME-S O", { notation: "BMES", typeFirst: true }],
  ["O B-work-of-art I-work-of-art", BIO],
  ["O work-of-art-B work-of-art-I", { notation: "BIO", typeFirst: true }],
  ["O B-B I-B", BIO],
  ["O B-B B-I", { notation: "BIO", typeFirst: true }],
  ["O B-B I-B B-E I-E", BIO],
  ["O B-B B-I E-B E-I", { notation: "BIO", typeFirst: true }],
  ["O S-B S-I P-B P-I", { notation: "BIO", typeFirst: true }],
  ["O M-B M-I", { notation: "BIO", typeFirst: true }],
  ["O B-M I-M", BIO],
  ["O B-HEP-B I-HEP-B", BIO],
  ["O HEP-B-B HEP-B-I", { notation: "BIO", typeFirst: true }],
  ["O S-PER", BIOES],
  ["O PER LOC", BIO],
  ["O", BIO],
  ["LABEL_0 LABEL_1", BIO],
  ["O B-PER I-PER X [CLS] [SEP]", BIO],
];
for (const [list, scheme] of LISTS) {
  test(`recognised: ${list}`, () => {
    assert.deepEqual(detectScheme(list.split(" ")), scheme);
    assert.deepEqual(detectScheme(list.split(" ").reverse()), scheme, "whatever the order");
  });
}
test("recognised: an empty list", () => assert.deepEqual(detectScheme([]), BIO));

test("labels come apart by their scheme", () => {
  const typeFirst = (notation: LabelScheme["notation"]): LabelScheme => ({ notation, typeFirst: true });
  for (const [label, scheme, prefix, type] of [
    ["O", BIO, "O", ""],
    ["O", typeFirst("BMES"), "O", ""],
    ["B-PER", BIO, "B", "PER"],
    ["I-work-of-art", BIO, "I", "work-of-art"],
    ["P-B", typeFirst("BIO"), "B", "P"],
    ["A4-I", typeFirst("BIO"), "I", "A4"],
    ["work-of-art-I", typeFirst("BIO"), "I", "work-of-art"],
    ["B-B", BIO, "B", "B"],
    ["B-B", typeFirst("BIO"), "B", "B"],
    ["B-I", typeFirst("BIO"), "I", "B"],
    ["M-NAME", BMES, "I", "NAME"],
    ["S-NAME", BMES, "S", "NAME"],
    ["E-NAME", BIOES, "E", "NAME"],
    ["B-", BIO, "B", ""],
    // Without a prefix of the scheme: inside an entity of that name, as Hugging Face's pipeline has it.
    ["PER", BIO, "I", "PER"],
    ["B", BIO, "I", "B"],
    ["LABEL_0", BIO, "I", "LABEL_0"],
    ["B-PER", typeFirst("BIO"), "I", "B-PER"],
    ["E-PER", BIO, "I", "E-PER"],
    ["I-NAME", BMES, "I", "I-NAME"],
    ["BI-PER", BIO, "I", "BI-PER"],
    ["-PER", BIO, "I", "-PER"],
    ["", BIO, "I", ""],
  ] as const) {
    assert.deepEqual(parseLabel(label, scheme), { prefix, type }, `${label} ${JSON.stringify(scheme)}`);
  }
});

test("a scheme from a file is checked", () => {
  assert.deepEqual(parseScheme({ notation: "BMES", typeFirst: true, more: 1 }, "x"), {
    notation: "BMES",
    typeFirst: true,
  });
  for (const [json, message] of [
    [null, /scheme: expected a JSON object/],
    [[], /scheme: expected a JSON object/],
    ["BIO", /scheme: expected a JSON object/],
    [{ typeFirst: false }, /"notation" must be one of BIO, BIOES, BMES, not undefined/],
    [{ notation: "BILOU", typeFirst: false }, /"notation" .* not "BILOU"/],
    [{ notation: "BIO" }, /"typeFirst" must be true or false, not undefined/],
    [{ notation: "BIO", typeFirst: "no" }, /"typeFirst" must be true or false, not "no"/],
  ] as const) {
    assert.throws(() => parseScheme(json, "m.safetensors"), {
      name: "ModelFileError",
      code: "metadata-malformed",
      source: "m.safetensors",
      message,
    });
  }
});

/** What a scheme's sequences look like, an entity at a time. */
const GRAMMARS = {
  "O B-P I-P B-T I-T": [BIO, /^(O|B-P( I-P)*|B-T( I-T)*)?( (O|B-P( I-P)*|B-T( I-T)*))*$/],
  "O P-B P-I T-B T-I": [
    { notation: "BIO", typeFirst: true },
    /^(O|P-B( P-I)*|T-B( T-I)*)?( (O|P-B( P-I)*|T-B( T-I)*))*$/,
  ],
  "O B-P I-P E-P S-P S-T": [BIOES, /^(O|B-P( I-P)* E-P|S-P|S-T)?( (O|B-P( I-P)* E-P|S-P|S-T))*$/],
  "O P-B P-M P-E P-S": [
    { notation: "BMES", typeFirst: true },
    /^(O|P-B( P-M)* P-E|P-S)?( (O|P-B( P-M)* P-E|P-S))*$/,
  ],
  "O B-P M-P E-P": [BMES, /^(O|B-P( M-P)* E-P|B-P)?( (O|B-P( M-P)* E-P|B-P))*$/],
  "O P T": [BIO, /^(O|P|T)( (O|P|T))*$/],
} as const;

for (const [list, [scheme, grammar]] of Object.entries(GRAMMARS)) {
  test(`the legal sequences of ${list} are those that its grammar makes`, () => {
    const names = list.split(" ");
    const labels = names.map((name) => parseLabel(name, scheme));
    const allows = schemeAllows(labels);
    const sequences = (length: number): number[][] =>
      length === 0
        ? [[]]
        : sequences(length - 1).flatMap((before) => names.map((_, label) => [...before, label]));
    const verdicts = new Set<boolean>();
    for (const sequence of [1, 2, 3, 4].flatMap(sequences)) {
      const path = [O, ...sequence.map((label) => labels[label]), O];
      const legal = path.slice(1).every((label, i) => allows(path[i], label));
      const written = sequence.map((label) => names[label]).join(" ");
      verdicts.add(legal);
      assert.equal(legal, grammar.test(written), written);
    }
    assert.equal(verdicts.size, list === "O P T" ? 1 : 2);
  });
}
