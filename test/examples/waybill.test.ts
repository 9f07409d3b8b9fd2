import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { loadDistricts } from "../../examples/waybill/divisions.ts";
import {
  EVERYDAY_IDEOGRAPHS,
  GB2312_IDEOGRAPHS,
  GBK3_IDEOGRAPHS,
} from "../../examples/waybill/ideographs.ts";
import type { Part, PartLabel } from "../../examples/waybill/parts.ts";
import { Deck, WaybillRandom } from "../../examples/waybill/random.ts";
import { waybills } from "../../examples/waybill/waybills.ts";
import { writeWaybills } from "../../examples/waybill/write-waybills.ts";
import { type LabelledUnits, readDataset } from "../../src/data/index.ts";
import { detectScheme, labelsToSpans, parseLabel } from "../../src/text/labels.ts";

const ROWS = 5_000;

function take(rows: number, seed: number): Part[][] {
  const taken: Part[][] = [];
  for (const parts of waybills(seed)) {
    if (taken.push(parts) === rows) return taken;
  }
  throw new Error("the waybills came to an end");
}

const textOf = (parts: readonly Part[]) => parts.map(({ text }) => text).join("");

describe("chance", () => {
  test("is the same for the same seed, and even", () => {
    const draw = (seed: number) => {
      const random = new WaybillRandom(seed);
      return Array.from({ length: 10_000 }, () => random.between(0, 9));
    };
    assert.deepEqual(draw(7), draw(7));
    assert.notDeepEqual(draw(7), draw(8));
    for (let digit = 0; digit < 10; digit++) {
      const share = draw(7).filter((drawn) => drawn === digit).length / 10_000;
      assert(Math.abs(share - 0.1) < 0.015, `${digit}: ${share}`);
    }
  });

  test("keeps to bounds and weights", () => {
    const random = new WaybillRandom(3);
    let heavy = 0;
    for (let i = 0; i < 5_000; i++) {
      const size = random.magnitude(1, 600);
      assert(Number.isInteger(size) && size >= 1 && size <= 600, `${size}`);
      if (random.weighted([[9, "heavy"] as const, [1, "light"] as const]) === "heavy") heavy++;
    }
    assert(Math.abs(heavy / 5_000 - 0.9) < 0.02, `${heavy}`);
  });

  test("a deck deals every item before any comes again", () => {
    const deck = new Deck([..."甲乙丙丁"], new WaybillRandom(1));
    for (let round = 0; round < 5; round++) {
      assert.deepEqual(Array.from({ length: 4 }, () => deck.draw()).sort(), [..."甲乙丙丁"].sort());
    }
  });
});

test("ideographs are those that GB 2312 and GBK count", () => {
  assert.equal(EVERYDAY_IDEOGRAPHS.length, 3_755);
  assert.equal(GB2312_IDEOGRAPHS.length, 6_763);
  assert.equal(GBK3_IDEOGRAPHS.length, 6_080);
  assert.equal(new Set([...GB2312_IDEOGRAPHS, ...GBK3_IDEOGRAPHS]).size, 6_763 + 6_080);
});

test("districts of municipalities are in the city of that name, of counties under no city in none", () => {
  const districts = loadDistricts();
  const of = (name: string) => districts.filter(({ district }) => district === name);
  assert.deepEqual(
    of("门头沟区").map(({ province, city }) => [province, city]),
    [["北京市", "北京市"]],
  );
  assert.deepEqual(
    of("仙桃市").map(({ province, city }) => [province, city]),
    [["湖北省", ""]],
  );
  assert(districts.some(({ city, district }) => city === "东莞市" && district === ""));
  assert(districts.some(({ province, city }) => province === "台湾省" && city === "花莲县"));
  assert(districts.length > 3_000, `${districts.length}`);
  for (const { province, city, district } of districts)
    assert.doesNotMatch(province + city + district, /直辖县级|^市辖区$/u);
});

describe("made-up waybills", () => {
  let rows: Part[][];
  before(() => {
    rows = take(ROWS, 11);
  });

  const having = (label: PartLabel) => rows.filter((parts) => parts.some((part) => part.label === label));
  const texts = (label: PartLabel) =>
    rows.flatMap((parts) => parts.filter((part) => part.label === label).map(({ text }) => text));
  const share = (count: number) => count / ROWS;
  const isGlued = (parts: readonly Part[]) => parts.every(({ label }) => label !== "O");

  test("are the same for the same seed, and others for another", () => {
    assert.deepEqual(take(300, 11), rows.slice(0, 300));
    assert.notDeepEqual(take(300, 12), rows.slice(0, 300));
  });

  test("hold no empty part, no control character, and no two parts of the same kind side by side", () => {
    for (const parts of rows) {
      assert(parts.length > 0);
      for (const [i, { label, text }] of parts.entries()) {
        assert.notEqual(text, "", textOf(parts));
        assert.doesNotMatch(text, /[\p{Cc}\p{Cs}]|undefined|NaN|\[object/u, textOf(parts));
        if (label !== "O") assert.equal(text, text.trim(), textOf(parts));
        assert.notEqual(parts[i + 1]?.label, label, textOf(parts));
      }
      assert([...textOf(parts)].length <= 200, textOf(parts));
    }
  });

  test("write an address from the province down, in one run", () => {
    for (const parts of rows) {
      const labels = parts.map(({ label }) => label).filter((label) => label !== "O");
      const levels = labels.filter((label) => label.startsWith("A"));
      assert.deepEqual(levels, [...new Set(levels)].sort(), textOf(parts));
      const [first, last] = [labels.indexOf(levels[0]!), labels.lastIndexOf(levels.at(-1)!)];
      if (levels.length > 0) assert.equal(last - first + 1, levels.length, textOf(parts));
    }
  });

  test("a telephone number has digits, and signs that belong to it", () => {
    for (const phone of texts("T")) {
      assert.match(phone.normalize("NFKC"), /^[+(]?\d[\d\-()–—. *转]{4,24}$/u);
      assert(phone.normalize("NFKC").replace(/[^\d*]/g, "").length >= 7, phone);
    }
  });

  test("nothing is between the fields of half of them, and these are in lower case and half width", () => {
    const glued = rows.filter(isGlued);
    assert(share(glued.length) > 0.45 && share(glued.length) < 0.6, `${share(glued.length)}`);
    const [strict, free] = [glued.filter((parts) => textOf(parts) === textOf(parts).toLowerCase()), rows];
    assert(strict.length / glued.length > 0.97);
    assert(free.some((parts) => /[Ａ-Ｚ０-９]/u.test(textOf(parts))));
  });

  test("fields come in every order", () => {
    const orders = new Map<string, number>();
    for (const parts of rows) {
      const order = parts.map(({ label }) => label.replace(/^A\d/, "A")).filter((label) => label !== "O");
      const key = order.join("").replace(/A+/, "A");
      orders.set(key, (orders.get(key) ?? 0) + 1);
    }
    for (const order of ["PTA", "PAT", "TPA", "TAP", "APT", "ATP"]) {
      assert(share(orders.get(order) ?? 0) > 0.12, `${order}: ${orders.get(order)}`);
    }
  });

  test("leave out what people leave out", () => {
    const without = (label: PartLabel) => 1 - share(having(label).length);
    assert(without("A1") > 0.08 && without("A1") < 0.3, `${without("A1")}`);
    assert(without("A2") > 0.01 && without("A2") < 0.12, `${without("A2")}`);
    assert(without("P") > 0.005 && without("P") < 0.06, `${without("P")}`);
  });

  test("a municipality that stands alone is the city", () => {
    for (const parts of rows) {
      const at = parts.findIndex(({ label }) => label === "A1");
      if (at === -1 || !/^(北京|上海|天津|重庆)/u.test(parts[at]!.text)) continue;
      assert(
        parts
          .slice(at + 1)
          .some(({ label, text }) => label === "A2" && text.startsWith(parts[at]!.text.slice(0, 2))),
      );
    }
  });

  test("are various: numbers, names and streets of many forms", () => {
    const [phones, persons, streets] = [texts("T"), texts("P"), texts("A4")];
    const shareOf = (all: readonly string[], form: RegExp) =>
      all.filter((text) => form.test(text)).length / all.length;
    for (const [what, all, form, least, most] of [
      ["mobile numbers", phones, /^1\d{10}$/, 0.7, 0.9],
      ["landlines", phones, /^0\d{2,3}-\d{7,8}$/, 0.03, 0.12],
      ["country codes", phones, /86/, 0.02, 0.2],
      ["grouped digits", phones, /^1\d{2}[ -]\d{4}[ -]\d{4}$/, 0.01, 0.08],
      ["names of two characters", persons, /^\p{Script=Han}{2}$/u, 0.12, 0.3],
      ["names of three", persons, /^\p{Script=Han}{3}$/u, 0.55, 0.8],
      ["names in Latin letters", persons, /[a-z]{3}/i, 0.004, 0.03],
      ["names with a dot", persons, /[·•]/, 0.004, 0.03],
      ["titles", persons, /(先生|女士|小姐)$/, 0.005, 0.04],
      ["streets that end in a number", streets, /号$/, 0.35, 0.6],
      ["crossings", streets, /[与和、].*口|[与和].*处/, 0.03, 0.2],
      ["distances", streets, /米/, 0.01, 0.1],
      ["rooms", streets, /室|单元/, 0.03, 0.2],
      ["villages", streets, /[村庄屯寨]/, 0.1, 0.4],
      ["companies", streets, /公司/, 0.005, 0.06],
      ["highways", streets, /[国省县]道/, 0.01, 0.1],
    ] as const) {
      const found = shareOf(all, form);
      assert(found > least && found < most, `${what}: ${found}`);
    }
    const roads = new Set(streets.flatMap((text) => text.match(/[^号楼镇乡村0-9]{2,5}(?=路)/gu) ?? []));
    assert(roads.size > 1_200, `${roads.size} roads`);
    assert(new Set(persons).size > 0.95 * persons.length);
    const characters = new Set(textOf(rows.flat()));
    assert(characters.size > 4_000, `${characters.size} characters`);
  });
});

describe("a file of waybills", () => {
  let folder: string;
  let examples: readonly LabelledUnits[];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
    const file = join(folder, "waybills.txt");
    await writeWaybills(file, 400, 5);
    const dataset = await readDataset(file);
    assert(dataset.form === "waybill");
    examples = dataset.examples;
    await writeWaybills(join(folder, "again.txt"), 400, 5);
    assert.equal(await readFile(file, "utf8"), await readFile(join(folder, "again.txt"), "utf8"));
    await rm(folder, { recursive: true });
  });

  test("reads back as the parts that were written, each label scheme's span a part", () => {
    const rows = take(400, 5);
    assert.equal(examples.length, rows.length);
    for (const [row, { text, units, labels }] of examples.entries()) {
      const scheme = detectScheme(labels);
      const spans = labelsToSpans(labels.map((label) => parseLabel(label, scheme)));
      const found = spans.map(({ type, start, end }) => [
        type,
        text.slice(units[start]!.start, units[end - 1]!.end),
      ]);
      const written = rows[row]!.filter(({ label }) => label !== "O").map(({ label, text }) => [label, text]);
      assert.equal(text, textOf(rows[row]!));
      assert.deepEqual(found, written);
    }
  });
});
