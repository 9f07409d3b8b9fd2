import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Encoding } from "../../src/text/tokenizer.ts";
import { layWindows, type TextWindow, trustOf } from "../../src/text/windows.ts";
import {
  fixture,
  hostileText,
  OPTIONS,
  seededRandom,
  tokenizer,
  type WordPieceGolden,
} from "./tokenizers.ts";

const { vocab } = fixture<WordPieceGolden>("text-wordpiece.json");
const wordPiece = tokenizer("wordpiece", vocab);
const characters = tokenizer("characters", vocab);
const AROUND = [2, 3] as const;

function hostile(seed: number, units: number): string {
  const random = seededRandom(seed);
  let text = "";
  while (text.length < units) text += random(5) === 0 ? "[MASK]" : hostileText(random);
  return text;
}

const joined = (parts: Iterable<Encoding>, name: keyof Encoding) =>
  Array.from(parts, (part) => Array.from(part[name])).flat();

test("the parts of a long text have the tokens of the whole", () => {
  for (const [i, options] of OPTIONS.entries()) {
    for (const type of ["wordpiece", "characters"] as const) {
      const { encode, encodeParts } = tokenizer(type, vocab, options);
      const text = hostile(i, 12_000);
      const whole = encode(text);
      const parts = [...encodeParts(text)];
      assert.ok(parts.length > 3);
      for (const name of ["ids", "start", "end", "word"] as const) {
        assert.deepEqual(joined(parts, name), Array.from(whole[name].subarray(1, -1)), `${type} ${name}`);
      }
    }
  }
});

test("a text is encoded whole where it takes no more tokens than asked for", () => {
  for (const { encode, encodeWithin } of [wordPiece, characters]) {
    for (const text of ["", "a", "张三 abc", hostile(3, 5000)]) {
      const whole = encode(text);
      assert.deepEqual(encodeWithin(text, whole.ids.length), whole);
      if (text !== "") assert.equal(encodeWithin(text, whole.ids.length - 1), undefined);
    }
  }
});

const windowsOf = (text: string, { encodeParts } = characters, max_length = 12, stride = 3) => [
  ...layWindows(text, encodeParts(text), AROUND, { max_length, stride }),
];
const contentOf = (text: string, { start, end }: TextWindow) => text.slice(start[1], end.at(-2));

describe("windows", () => {
  test("hold every token in its place", () => {
    for (const [type, seed] of [
      [wordPiece, 1],
      [characters, 2],
    ] as const) {
      const text = hostile(seed, 6000);
      const whole = type.encode(text);
      for (const [max_length, stride] of [
        [3, 0],
        [8, 5],
        [40, 10],
        [130, 0],
        [100_000, 7],
      ] as const) {
        let covered = 0;
        let before: TextWindow | undefined;
        for (const window of windowsOf(text, type, max_length, stride)) {
          const rows = window.ids.length;
          assert.ok(rows >= 2 && rows <= max_length);
          assert.deepEqual([window.ids[0], window.ids[rows - 1]], [...AROUND]);
          assert.deepEqual([window.word[0], window.word[rows - 1]], [-1, -1]);
          for (const name of ["ids", "start", "end", "word"] as const) {
            const expected = whole[name].subarray(window.first + 1, window.first + rows - 1);
            assert.deepEqual(window[name].subarray(1, -1), expected);
          }
          const last = window.first + rows - 2;
          const left = text.slice(whole.end[covered], whole.start[window.first + 1]);
          assert.ok(last >= covered && (window.first <= covered || left.trim() === ""), `after ${covered}`);
          if (before !== undefined) {
            assert.equal(window.opens, before.closes);
            if (before.closes) assert.ok(window.first >= covered);
          }
          covered = last;
          before = window;
        }
        assert.equal(text.slice(whole.end[covered]).trim(), "");
        assert.ok(before!.last && before!.closes);
      }
    }
  });

  test("keep lines apart, whatever room is left", () => {
    const text = "广东省\n深圳市\n\n  路1号\r\n";
    const windows = windowsOf(text);
    assert.deepEqual(
      windows.map((window) => contentOf(text, window)),
      ["广东省", "深圳市", "路1号"],
    );
    assert.ok(windows.every(({ opens, closes }) => opens && closes));
  });

  test("end and begin with sentences where there are such in reach", () => {
    const text = "张三在深圳。李四说：“好。”王五也来了。都在广东省住";
    assert.deepEqual(
      windowsOf(text, characters, 16, 5).map((window) => contentOf(text, window)),
      ["张三在深圳。李四说：“好。”", "李四说：“好。”王五也来了。", "王五也来了。都在广东省住"],
    );
  });

  test("cut no word, nor a number whose digits are tokens", () => {
    const text = "unaffable istanbul quick unaffable 2024000 brown unaffables";
    const windows = windowsOf(text, wordPiece, 9, 2);
    assert.ok(windows.length > 2);
    for (const window of windows) {
      for (const word of contentOf(text, window).split(" ")) assert.ok(text.split(" ").includes(word), word);
    }
    const phones = "电话13800138000和13900139000";
    assert.deepEqual(
      windowsOf(phones, characters, 18, 2).map((window) => contentOf(phones, window)),
      ["电话13800138000和", "和13900139000"],
    );
  });

  test("cut a word that is longer than a window, since something must be", () => {
    const text = "1".repeat(25);
    const windows = windowsOf(text, characters, 12, 3);
    assert.ok(windows.length > 2);
    assert.ok(windows.every(({ ids }) => ids.length <= 12));
  });

  test("of no text is one that holds nothing", () => {
    const [window, ...others] = windowsOf("");
    assert.deepEqual([...window!.ids], [...AROUND]);
    assert.equal(others.length, 0);
  });

  test("are believed the more, the farther a token is from where they can't see", () => {
    const [first, second] = windowsOf("一二三四五六七八九十一二三四五六", characters, 12, 4);
    assert.deepEqual(
      [1, 2, 9, 10].map((row) => trustOf(first!, row)),
      [10, 9, 2, 1],
    );
    assert.deepEqual(
      [1, 2, 9, 10].map((row) => trustOf(second!, row)),
      [1, 2, 9, 10],
    );
  });
});
