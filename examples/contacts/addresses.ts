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
} from "../made-up/addresses.ts";
import type { Random } from "../made-up/random.ts";
import { cityOf, type Region, region, shortCity, shortProvince } from "../made-up/regions.ts";
import { university } from "./organisations.ts";

/** The administrative places that an address begins with, highest first; which are left out differs as people do. */
function regionParts(random: Random): string[] {
  const where = region(random);
  const { province, city, district, town } = where;
  const named = (place: string, short: (place: string) => string) =>
    random.chance(0.25) ? short(place) : place;
  const all = [named(province, shortProvince), named(city, shortCity), district];
  const parts = random.weighted([
    [34, all],
    [10, [...all, town]],
    [26, [named(cityOf(where), shortCity), districtOf(where)]],
    [8, [named(cityOf(where), shortCity), districtOf(where), town]],
    [14, [district || cityOf(where)]],
    [5, [named(cityOf(where), shortCity)]],
    [3, [district, town]],
  ]);
  return parts.filter((part) => part !== "");
}

const districtOf = (where: Region) => (where.district === cityOf(where) ? "" : where.district);

const CAMPUS = ["号宿舍楼", "号教学楼", "号学生公寓", "舍", "号实验楼"] as const;

function campus(random: Random): string {
  return `${university(random)}${random.between(1, 20)}${random.pick(CAMPUS)}${random.between(1, 6)}${random.digits(2)}`;
}

/** Below the regions, precise enough to stand by itself: a road with a number, an estate with a building, … */
function preciseParts(random: Random): string[] {
  return random.make([
    [26, (random) => [roadName(random), houseNumber(random)]],
    [16, (random) => [roadName(random), houseNumber(random), estateName(random), room(random)]],
    [13, (random) => [estateName(random), room(random)]],
    [13, (random) => [roadName(random), houseNumber(random), towerName(random), office(random)]],
    [6, (random) => [roadName(random), towerName(random), office(random)]],
    [6, (random) => [towerName(random), office(random)]],
    [7, (random) => [villageName(random), villageDetail(random)]],
    [3, (random) => [roadName(random), houseNumber(random), offset(random)]],
    [3, (random) => [crossing(random)]],
    [3, (random) => [crossing(random), offset(random)]],
    [2, (random) => [campus(random)]],
    [2, (random) => [roadName(random), houseNumber(random), office(random)]],
  ]);
}

/** A town with what it lies in. */
function townParts(random: Random): string[] {
  const { province, city, district, town } = region(random);
  const parts = random.chance(0.5) ? [province, city, district, town] : [district || city, town];
  return parts.filter((part) => part !== "");
}

/** A place that only regions before it make an address: a road, an estate, a village. */
function looseParts(random: Random): string[] {
  return random.make([
    [4, (random) => [roadName(random)]],
    [3, (random) => [estateName(random)]],
    [3, (random) => [villageName(random)]],
    [2, (random) => [towerName(random)]],
    [1, (random) => [roadName(random), estateName(random)]],
  ]);
}

function villageDetail(random: Random): string {
  return random.weighted([
    [4, `${random.pick("一二三四五六七八九十")}组`],
    [3, `${random.between(1, 20)}组${random.between(1, 200)}号`],
    [3, `${random.between(1, 300)}号`],
    [2, `${random.between(1, 12)}队`],
  ]);
}

/** A postal address, whole or in part: at least two levels, one of them below the district. */
export function postalAddress(random: Random): string {
  const parts = random.make([
    [58, (random) => [...regionParts(random), ...preciseParts(random)]],
    [30, preciseParts],
    [10, (random) => [...regionParts(random), ...looseParts(random)]],
    [3, townParts],
  ]);
  return parts.join(
    random.weighted([
      [93, ""],
      [5, " "],
      [2, "，"],
    ]),
  );
}

/** A place that is no address: a region, or a road or estate by itself. */
export function mentionedPlace(random: Random): string {
  const where = region(random);
  return random.weighted([
    [30, shortCity(cityOf(where))],
    [14, cityOf(where)],
    [10, shortProvince(where.province)],
    [6, where.province],
    [8, where.district || cityOf(where)],
    [6, where.province + where.city],
    [5, cityOf(where) + districtOf(where)],
    [5, where.town],
    [8, roadName(random)],
    [8, estateName(random)],
  ]);
}
