import assert from "node:assert/strict";
import test from "node:test";
import { postalAddress } from "../../examples/contacts/addresses.ts";
import { Grammar } from "../../examples/contacts/grammar.ts";
import { organisation } from "../../examples/contacts/organisations.ts";
import { ENTITY_TYPES, type MadeUpText, madeUpText, toColumns } from "../../examples/contacts/texts.ts";
import { vocabulary } from "../../examples/contacts/vocabulary.ts";
import { Random } from "../../examples/made-up/random.ts";
import { parseDataset } from "../../src/data/index.ts";

const SAMPLE = 4000;
const sample: readonly MadeUpText[] = Array.from({ length: SAMPLE }, (_, number) => madeUpText(11, number));
const entities = sample.flatMap(({ text, entities }) =>
  entities.map(({ type, start, end }) => ({ type, content: text.slice(start, end) })),
);
const of = (type: string) => entities.filter((entity) => entity.type === type).map(({ content }) => content);

test("a text depends on its seed and number alone", () => {
  for (const number of [0, 1, 7, 500, 3999]) assert.deepEqual(madeUpText(11, number), sample[number]);
  const other = Array.from({ length: 200 }, (_, number) => madeUpText(12, number).text);
  assert.equal(other.filter((text, number) => text === sample[number]!.text).length, 0);
});

test("spans lie in order within their text, apart from each other, and begin and end with a character", () => {
  for (const { text, entities } of sample) {
    let last = 0;
    for (const { type, start, end } of entities) {
      assert.ok((ENTITY_TYPES as readonly string[]).includes(type), type);
      assert.ok(last <= start && start < end && end <= text.length, `${text}: ${start}–${end}`);
      const content = text.slice(start, end);
      assert.equal(content, content.trim(), text);
      last = end;
    }
  }
});

test("nothing is left over of patterns, and no text is empty or too long", () => {
  for (const { text } of sample) {
    assert.match(text, /\S/u);
    assert.ok([...text].length <= 240, text);
    assert.doesNotMatch(text, /[{}[\]\n\t]|undefined|NaN/u);
    assert.doesNotMatch(text, /\p{Surrogate}/u);
  }
});

test("texts and entities are of many kinds", () => {
  assert.ok(new Set(sample.map(({ text }) => text)).size > 0.93 * SAMPLE);
  for (const type of ENTITY_TYPES) {
    const contents = of(type);
    assert.ok(contents.length > SAMPLE / 10, `${contents.length} of ${type}`);
    assert.ok(new Set(contents).size > 0.9 * contents.length, `${type} repeats itself`);
  }
  const without = sample.filter(({ entities }) => entities.length === 0).length / SAMPLE;
  assert.ok(without > 0.2 && without < 0.45, `${without} of the texts hold no entity`);
  const several = sample.filter(({ entities }) => new Set(entities.map(({ type }) => type)).size > 1).length;
  assert.ok(several > SAMPLE / 5, `${several} texts hold entities of several types`);
});

test("a phone number has the digits of one, an address two levels at least", () => {
  for (const phone of of("TEL")) {
    const digits = phone.normalize("NFKC").replace(/\D/gu, "").length;
    assert.ok(digits >= 7 && digits <= 18, phone);
  }
  const random = new Random(5);
  for (let i = 0; i < 2000; i++) {
    const address = postalAddress(random);
    assert.ok([...address].length >= 4, address);
    assert.match(address, /[\p{Script=Han}]{2}/u);
  }
});

test("organisations are of many kinds", () => {
  const random = new Random(6);
  const names = Array.from({ length: 4000 }, () => organisation(random));
  assert.ok(new Set(names).size > 3500);
  for (const kind of [
    /有限公司$/u,
    /大学/u,
    /医院/u,
    /局$/u,
    /支行$/u,
    /协会$/u,
    /店）?$/u,
    /[a-z]/u,
    /委会$/u,
  ]) {
    assert.ok(
      names.some((name) => kind.test(name)),
      `no organisation like ${kind}`,
    );
  }
});

test("columns read back as the texts that they were made of", () => {
  const { examples } = parseDataset(sample.slice(0, 300).map(toColumns).join(""), "made-up.conll");
  assert.equal(examples.length, 300);
  for (const [index, example] of examples.entries()) assert.equal(example.text, sample[index]!.text);
});

test("the vocabulary knows all of GB 2312, each token once", () => {
  const tokens = vocabulary();
  assert.equal(new Set(tokens).size, tokens.length);
  for (const character of "的龘齄镕，,0a@０") {
    assert.equal(tokens.includes(character), character !== "龘", character);
  }
});

test("a pattern that makes no sense is told", () => {
  assert.throws(() => new Grammar({}, { a: ["{b}"] }), /names \{b\}/u);
  assert.throws(() => new Grammar({}, { a: ["(b|c"] }), /expected \)/u);
  assert.throws(() => new Grammar({}, { a: ["b|c"] }), /unexpected \|/u);
  const grammar = new Grammar({}, { a: ["{b:x}[!]{b:x}"], b: ["1", "2", "3"] });
  for (let seed = 0; seed < 20; seed++) {
    const text = grammar
      .expand("a", new Random(seed))
      .map(({ text }) => text)
      .join("");
    assert.match(text, /^(\d)!?\1$/u);
  }
});
