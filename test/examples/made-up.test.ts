import assert from "node:assert/strict";
import test from "node:test";
import {
  crossing,
  estateName,
  houseNumber,
  office,
  offset,
  roadName,
  room,
  towerName,
  villageName,
} from "../../examples/made-up/addresses.ts";
import { anyHanzi, COMMON_HANZI, RARE_HANZI } from "../../examples/made-up/hanzi.ts";
import { foreignName, hanName, latinName, minorityName, personName } from "../../examples/made-up/names.ts";
import {
  fullWidthDigits,
  landlinePhone,
  mobileDigits,
  mobilePhone,
  phoneNumber,
  servicePhone,
} from "../../examples/made-up/phones.ts";
import { Random } from "../../examples/made-up/random.ts";
import { cityOf, region, shortCity, shortProvince } from "../../examples/made-up/regions.ts";

const MAKERS = {
  anyHanzi,
  hanName,
  minorityName,
  foreignName,
  latinName,
  personName,
  mobileDigits,
  mobilePhone,
  landlinePhone,
  servicePhone,
  phoneNumber,
  roadName,
  estateName,
  villageName,
  towerName,
  houseNumber,
  room,
  office,
  offset,
  crossing,
};

test("the same seed makes the same, another seed another", () => {
  for (const [name, make] of Object.entries(MAKERS)) {
    const series = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 50 }, () => make(random));
    };
    assert.deepEqual(series(7), series(7), name);
    assert.notDeepEqual(series(7), series(8), name);
  }
});

test("nothing made is empty, padded or malformed", () => {
  const random = new Random(1);
  for (const [name, make] of Object.entries(MAKERS)) {
    for (let i = 0; i < 2000; i++) {
      const text = make(random);
      assert.equal(text, text.trim(), name);
      assert.match(text, /\S/u, name);
      assert.doesNotMatch(text, /undefined|NaN|\n/u, name);
      assert.doesNotMatch(text, /\p{Surrogate}/u, name);
    }
  }
});

test("names and phones are of many kinds", () => {
  const random = new Random(2);
  const names = new Set(Array.from({ length: 5000 }, () => personName(random)));
  assert.ok(names.size > 4700, `${names.size} of 5,000 names differ`);
  const phones = Array.from({ length: 5000 }, () => phoneNumber(random));
  for (const form of [/^1\d{10}$/u, /^\+86/u, /^0\d{2,3}-\d{7,8}$/u, /^400/u, /转\d+$/u, /^１/u]) {
    assert.ok(
      phones.some((phone) => form.test(phone)),
      `no phone like ${form}`,
    );
  }
  assert.equal(fullWidthDigits("010-8"), "０１０-８");
});

test("a mobile number has eleven digits from 1 on, with what belongs to it around", () => {
  const random = new Random(3);
  for (let i = 0; i < 2000; i++) {
    const digits = mobilePhone(random).replace(/\D/gu, "");
    assert.match(digits, /^(?:(?:00)?86)?1[3-9]\d{9}$/u);
  }
});

test("regions come from all provinces and leave out what is no place", () => {
  const random = new Random(4);
  const regions = Array.from({ length: 3000 }, () => region(random));
  assert.equal(new Set(regions.map(({ province }) => province)).size, 31);
  for (const { province, city, district, town } of regions) {
    assert.doesNotMatch(`${city}${district}`, /市辖区|直辖县级/u);
    assert.match(town, /(?:街道|镇|乡)$/u);
    assert.notEqual(cityOf({ province, city, district, town }), "");
  }
  assert.equal(shortProvince("广西壮族自治区"), "广西");
  assert.equal(shortProvince("浙江省"), "浙江");
  assert.equal(shortCity("杭州市"), "杭州");
});

test("ideographs are GB 2312's", () => {
  assert.equal(COMMON_HANZI.length, 3755);
  assert.equal(RARE_HANZI.length, 3008);
});
