// README.md and README.zh-CN.md say the same: what can be told from their texts without reading both languages.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const BLOCK = /^```(\w*)\n(.*?)^```$/gms;

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const READMES = { english: "README.md", chinese: "README.zh-CN.md" };
const english = read(READMES.english);
const chinese = read(READMES.chinese);

/** The same parts of both, the English first. */
const both = <T>(part: (text: string) => T): [T, T] => [part(english), part(chinese)];

const matches = (text: string, pattern: RegExp): string[] =>
  Array.from(text.matchAll(pattern), ([, part]) => part!);
const prose = (text: string) => text.replaceAll(BLOCK, "");

test("each README links to the other at its head", () => {
  const head = (text: string) => text.split("\n").slice(0, 3).join("\n");
  assert.ok(head(english).includes(`](${READMES.chinese})`));
  assert.ok(head(chinese).includes(`](${READMES.english})`));
});

test("both READMEs have the same headings, paragraphs, items and rows", () => {
  const kinds: Readonly<Record<string, RegExp>> = { "#": /^#+ /, "-": /^- /, "|": /^\|/, "!": /^!\[/ };
  const outline = (text: string) =>
    prose(text)
      .split(/\n{2,}|\n(?=[-|])/)
      .filter((part) => part.trim() !== "")
      .map((part) => Object.keys(kinds).find((kind) => kinds[kind]!.test(part)) ?? "text");
  const [expected, actual] = both(outline);
  assert.deepEqual(actual, expected);
  const [levels, chineseLevels] = both((text) => matches(prose(text), /^(#+) /gm));
  assert.deepEqual(chineseLevels, levels);
});

test("both READMEs have the same code", () => {
  /** What a listing says of a command, behind two spaces or more, is in the page's own language. */
  const commands = (code: string) => code.replaceAll(/(?<=\S) {2,}.*$/gm, "");
  const [expected, actual] = both((text) =>
    Array.from(text.matchAll(BLOCK), ([, language, code]) => [
      language,
      language === "" ? commands(code!) : code,
    ]),
  );
  assert.ok(expected.length > 0);
  assert.deepEqual(actual, expected);
  const [options, chineseOptions] = both((text) =>
    matches(text, /(--[a-z][a-z-]*(?: \w+(?: \| \w+)*)?)/g).sort(),
  );
  assert.deepEqual(chineseOptions, options);
  const [named, chineseNamed] = both((text) => matches(prose(text), /`([^`]+)`/g).sort());
  assert.deepEqual(chineseNamed, named);
});

test("both READMEs have the same figures and link to the same pages", () => {
  const figures = (text: string) => matches(prose(text), /(?<![\w.])(\d+(?:\.\d+)?(?:e-\d+)?)/g).sort();
  const [expected, actual] = both(figures);
  assert.ok(expected.length > 0);
  assert.deepEqual(actual, expected);
  const others = (text: string) =>
    matches(text, /\]\(([^)]+)\)/g)
      .filter((target) => !Object.values(READMES).includes(target))
      .sort();
  const [links, chineseLinks] = both(others);
  assert.deepEqual(chineseLinks, links);
});
