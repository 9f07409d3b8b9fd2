import type { District } from "./divisions.ts";
import type { Part } from "./parts.ts";
import type { World } from "./world.ts";

/** How freely people write the division names. */
export interface RegionHabits {
  /** Whether the province may be left out, and words as 省 and 市 too. */
  readonly free: boolean;
}

/** Province, city and district as somebody writes them: those parts of them that aren't left out. */
export function region(world: World, place: District, { free }: RegionHabits): Part[] {
  const { random } = world;
  const names = isMunicipality(place) ? municipality(world, place) : ordinary(world, place);
  if (free && names.A2 !== "" && names.A1 !== "") {
    if (random.chance(0.25)) names.A1 = "";
    else if (random.chance(0.12)) names.A1 = shortProvince(names.A1);
    if (random.chance(0.06)) names.A2 = names.A2.replace(/(?<=..)市$/u, "");
    if (random.chance(0.03)) names.A3 = names.A3.replace(/(?<=..)[区县市]$/u, "");
  }
  if (free && names.A3 !== "" && random.chance(0.02)) [names.A1, names.A2] = ["", ""];
  return (["A1", "A2", "A3"] as const)
    .filter((label) => names[label] !== "")
    .map((label) => ({ label, text: names[label] }));
}

const isMunicipality = ({ province, city }: District) => province === city;

interface Names {
  A1: string;
  A2: string;
  A3: string;
}

/** Twice, once, or as 北京北京市: what stands alone is the city. */
function municipality({ random }: World, { province, district }: District): Names {
  const bare = province.slice(0, -1);
  const [A1, A2] = random.weighted([
    [4, [province, province]],
    [4, [bare, province]],
    [3, ["", province]],
    [1, ["", bare]],
  ] as const);
  return { A1, A2, A3: district };
}

function ordinary(world: World, { province, city, district }: District): Names {
  const { random } = world;
  const names = { A1: province, A2: city, A3: district };
  if (province === "台湾省" && random.chance(0.8)) names.A1 = "台湾";
  // 东莞市 has no districts; some write it in the district's place too, as forms ask for one.
  if (district === "" && random.chance(0.35)) names.A3 = city;
  if (district !== "" && random.chance(0.04)) names.A3 = renamed(world, district);
  if (names.A2 !== "" && random.chance(0.015)) names.A2 = renamed(world, city);
  if (names.A3 !== "" && names.A2 !== "" && random.chance(0.015)) names.A3 = "";
  return names;
}

/** Divisions are renamed and founded: a name that no list has, of the same kind. */
function renamed({ random, placeNames, everyday }: World, name: string): string {
  const kind = /[省市县区旗州盟]$/u.exec(name)?.[0];
  if (kind === undefined) return name;
  return (
    (random.chance(0.6) ? random.pick(placeNames) : random.pick(everyday) + random.pick(everyday)) + kind
  );
}

function shortProvince(name: string): string {
  return name.replace(/(省|市|特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区)$/u, "");
}
