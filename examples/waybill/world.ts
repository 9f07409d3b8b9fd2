import { type District, loadDistricts, loadVillages } from "./divisions.ts";
import { EVERYDAY_IDEOGRAPHS, GB2312_IDEOGRAPHS, GBK3_IDEOGRAPHS } from "./ideographs.ts";
import { Deck, WaybillRandom } from "./random.ts";

/** What waybills are made up from: the country's divisions, characters, and chance. */
export interface World {
  readonly random: WaybillRandom;
  readonly districts: readonly District[];
  /** Those whose towns are known. */
  readonly mainland: readonly District[];
  /** What towns, streets and villages are called, without 镇, 街道, 村: two to four characters each. */
  readonly placeNames: readonly string[];
  readonly everyday: readonly string[];
  /** Every common ideograph comes up in turn: what a model never meets in training, it knows nothing of. */
  readonly unfamiliar: Deck<string>;
  /** So many that each comes up once at most, and stays outside a vocabulary: what `[UNK]` is learned from. */
  readonly unknown: Deck<string>;
  /** Characters that have no meaning and come up once at most, for the same purpose. */
  readonly unnamed: Deck<string>;
}

/** @param seed the same one gives the same waybills */
export function createWorld(seed: number): World {
  const random = new WaybillRandom(seed);
  const districts = loadDistricts();
  const towns = districts.flatMap(({ towns }) => towns);
  const names = [...towns.map(withoutKind), ...loadVillages().map(withoutKind)];
  return {
    random,
    districts,
    mainland: districts.filter(({ towns }) => towns.length > 0),
    placeNames: [...new Set(names)].filter((name) => /^\p{Script=Han}{2,4}$/u.test(name)),
    everyday: EVERYDAY_IDEOGRAPHS,
    unfamiliar: new Deck(GB2312_IDEOGRAPHS, random),
    unknown: new Deck(GBK3_IDEOGRAPHS, random),
    unnamed: new Deck(privateCharacters(), random),
  };
}

/** Unicode's private use area. */
const privateCharacters = () => Array.from({ length: 0x1900 }, (_, i) => String.fromCharCode(0xe000 + i));

const KIND =
  /(社区|村)?(居民委员会|村民委员会|居委会|村委会|社区|生活区|街道|地区|镇|(?:民族)?乡|苏木|嘎查|村)(办事处)?$/u;

function withoutKind(name: string): string {
  return name.replace(KIND, "");
}
