import type { District } from "./divisions.ts";
import {
  building,
  company,
  direction,
  estate,
  landmark,
  numeral,
  properName,
  road,
  village,
} from "./places.ts";
import type { Weighted } from "./random.ts";
import type { World } from "./world.ts";

type Pattern = (world: World) => string;

/** All of an address below its district: town, road, number, building, and how to get there. */
export function street(world: World, place: District): string {
  const { random } = world;
  const town = random.chance(0.3) ? townOf(world, place.towns) : "";
  const body = random.weighted(BODIES)(world);
  const more = random.chance(0.06) ? `${random.pick([",", ",", "", "，", "("])}${detail(world)}` : "";
  return `${preamble(world, place)}${town}${body}${more.startsWith("(") ? `${more})` : more}`;
}

/** What stands between the district and the street proper: the district once more, or a zone that has no name. */
function preamble({ random }: World, { city, district }: District): string {
  return random.weighted<() => string>([
    [90, () => ""],
    [3, () => district],
    [1, () => city],
    [1, () => district.replace(/[市区县旗]$/u, random.pick(["市", "县", "区", "县城", "城区", "镇", ""]))],
    [3, () => random.pick(ZONES)],
    [
      1,
      () =>
        random.pick([
          "县城",
          "城区",
          "市区",
          "县",
          "新城区",
          "老城区",
          "老城",
          "新城",
          "城关镇",
          "城关",
          "市中心",
          "郊区",
        ]),
    ],
  ])();
}

const ZONES =
  "开发区 经济开发区 经济技术开发区 高新区 高新技术产业开发区 高新技术开发区 工业园 工业园区 工业区 经开区 新区 保税区 产业园区 管理区 示范区 旅游度假区 风景区 物流园区 农业示范园 科技园 大学城".split(
    " ",
  );

function townOf(world: World, towns: readonly string[]): string {
  const { random } = world;
  if (towns.length > 0 && random.chance(0.55)) {
    const town = random.pick(towns);
    return random.chance(0.15) ? town.replace(/(街道|镇|乡)$/u, "") || town : town;
  }
  const name = random.chance(0.7) ? random.pick(world.placeNames) : properName(world);
  return name + random.weighted(TOWN_KINDS);
}

const TOWN_KINDS: readonly Weighted<string>[] = [
  [52, "镇"],
  [20, "乡"],
  [12, "街道"],
  [2, "街道办事处"],
  [2, "街道办"],
  [3, "开发区"],
  [2, "经济开发区"],
  [2, "工业园"],
  [1, "工业园区"],
  [1, "新区"],
  [1, "高新区"],
  [1, "城区"],
  [1, "农场"],
  [1, "苏木"],
  [1, "林场"],
  [1, "民族乡"],
  [1, "社区"],
  [1, "地区"],
];

const BODIES: readonly Weighted<Pattern>[] = [
  [42, (world) => road(world) + door(world)],
  [6, (world) => road(world) + door(world) + part(world)],
  [6, (world) => road(world) + door(world) + landmark(world) + optional(world, 0.4, inside)],
  [5, (world) => road(world) + landmark(world) + optional(world, 0.35, inside)],
  [4, (world) => road(world) + estate(world) + optional(world, 0.75, inside)],
  [3, (world) => road(world) + road(world) + door(world)],
  [5, (world) => road(world) + optional(world, 0.5, stretch) + optional(world, 0.3, door)],
  [8, (world) => crossing(world) + optional(world, 0.5, tail)],
  [9, (world) => optional(world, 0.5, road) + landmark(world) + tail(world)],
  [6, (world) => village(world) + optional(world, 0.35, door)],
  [2, (world) => village(world) + road(world) + door(world)],
  [2, (world) => village(world) + landmark(world) + optional(world, 0.4, tail)],
  [4, (world) => estate(world) + optional(world, 0.8, inside)],
  [2, (world) => building(world) + optional(world, 0.5, inside)],
  [2, (world) => company(world) + optional(world, 0.3, inside)],
  [2, (world) => road(world) + optional(world, 0.5, stretch) + tail(world)],
  [
    1,
    (world) =>
      `${properName(world)}${world.random.pick(["工业区", "工业园", "开发区", "产业园"])}${road(world)}${door(world)}`,
  ],
  [1, properName],
];

const optional = (world: World, probability: number, pattern: Pattern) =>
  world.random.chance(probability) ? pattern(world) : "";

function detail(world: World): string {
  return world.random.weighted<Pattern>([
    [3, (world) => landmark(world) + tail(world)],
    [2, (world) => landmark(world) + optional(world, 0.5, inside)],
    [2, (world) => road(world) + optional(world, 0.5, door)],
    [1, inside],
  ])(world);
}

/** The number on the door. */
function door({ random }: World): string {
  const number = random.magnitude(1, random.chance(0.8) ? 600 : 9999);
  return random.weighted<() => string>([
    [72, () => `${number}号`],
    [7, () => `${number}-${random.between(1, 60)}号`],
    [2, () => `${number}号附${random.between(1, 30)}号`],
    [1, () => `附${random.between(1, 99)}号`],
    [2, () => `${random.pick("甲乙丙")}${number}号`],
    [1, () => `${number}号-${random.between(1, 30)}`],
    [3, () => `${number}号院`],
    [2, () => `${number}弄${random.between(1, 200)}号`],
    [2, () => `${number}`],
    [1, () => `${number}-${random.between(1, 60)}`],
    [1, () => `${number}之${random.pick("一二三四五六七")}号`],
    [1, () => `${random.pick("一二三四五六七八九")}号`],
    [1, () => `${random.pick("一二三四五六")}段${number}号`],
    [1, () => `${number}巷${random.between(1, 60)}号`],
    [0.5, () => `第${random.between(1, 60)}号`],
  ])();
}

/** The part of a building's or a yard's address that comes after its number. */
function part(world: World): string {
  const { random } = world;
  return random.chance(0.7)
    ? inside(world)
    : random.pick([
        "院内",
        "内",
        "门面",
        "门市",
        "商铺",
        "底商",
        "一楼",
        "二楼",
        "楼上",
        "大院",
        "后院",
        "南楼",
        "北楼",
        "东楼",
        "主楼",
        "附楼",
        "临街",
      ]);
}

/** Building, entrance, floor, room. */
function inside(world: World): string {
  const { random } = world;
  const block = `${random.magnitude(1, 60)}${random.pick(["栋", "幢", "号楼", "座", "号", "栋", "号楼"])}`;
  const unit = random.between(1, 6);
  const floor = random.between(1, 33);
  const room = `${floor}0${random.between(1, 9)}`;
  const letter = random.pick("abcdefABCD");
  return random.weighted<() => string>([
    [12, () => block],
    [10, () => `${block}${unit}单元${room}${random.pick(["", "室", "室", "号"])}`],
    [4, () => `${block}${unit}单元`],
    [4, () => `${block}${room}${random.pick(["", "室", "号", "房"])}`],
    [3, () => `${random.between(1, 40)}-${unit}-${room}`],
    [
      3,
      () =>
        `${letter}${random.pick(["座", "栋", "区", "幢"])}${random.chance(0.5) ? `${room}${random.pick(["", "室"])}` : ""}`,
    ],
    [
      2,
      () =>
        `${letter}${random.between(1, 30)}${random.pick(["栋", "幢", "号楼", "座", "号", "-", ""])}${room}`,
    ],
    [4, () => `${random.chance(0.5) ? numeral(world) : floor}${random.pick(["楼", "层"])}`],
    [2, () => `${floor}楼${room}${random.pick(["", "室", "房"])}`],
    [3, () => `${room}${random.pick(["室", "号", "房", "室"])}`],
    [
      2,
      () =>
        `${numeral(world)}${random.pick(["期", "区", "号楼", "单元", "栋"])}${random.chance(0.5) ? block : ""}`,
    ],
    [
      2,
      () =>
        random.pick([
          "商铺",
          "底商",
          "门面",
          "门市",
          "物业",
          "保安室",
          "传达室",
          "门卫",
          "前台",
          "快递柜",
          "丰巢柜",
          "南门",
          "北门",
          "东门",
          "西门",
        ]),
    ],
    [1, () => `${block}${direction(world)}${random.pick(["单元", "门", "侧", "头"])}`],
  ])();
}

const stretch: Pattern = (world) => {
  const { random } = world;
  return random.weighted([
    [5, "中段"],
    [6, `${random.pick("东南西北")}段`],
    [3, `${random.pick("一二三四五")}段`],
    [1, random.pick(["上段", "下段", "西头", "东头", "南头", "北头", "尽头", "延伸段", "沿线"])],
    [2, `路${random.pick("东南西北")}`],
  ]);
};

function crossing(world: World): string {
  const { random } = world;
  const joint = random.weighted([
    [12, "与"],
    [4, "和"],
    [2, ""],
    [1, "、"],
    [1, "跟"],
    [1, "及"],
  ]);
  const meeting = random.weighted([
    [8, "交叉口"],
    [6, "交汇处"],
    [3, "路口"],
    [2, "交界处"],
    [2, "十字路口"],
    [1, "交叉路口"],
    [1, "丁字路口"],
    [1, "交汇口"],
    [1, "交叉处"],
    [1, "相交处"],
    [1, "口"],
    [1, "交口"],
  ]);
  return `${road(world)}${joint}${road(world)}${meeting}`;
}

/** How to get there from what was named last. */
function tail(world: World): string {
  const { random } = world;
  const way = direction(world);
  const metres = random.chance(0.8) ? random.between(1, 90) * 10 : random.between(2, 2000);
  return random.weighted<() => string>([
    [16, () => random.pick(["对面", "对面", "对面", "斜对面", "正对面", "对过", "马路对面"])],
    [14, () => random.pick(["旁", "旁", "旁", "旁边", "附近", "隔壁", "边上", "边", "侧边"])],
    [
      14,
      () =>
        `${way}${random.chance(0.6) ? "" : random.pick(["行", "走", "面"])}${metres}米${random.pick(["", "", "", `路${random.pick("东南西北")}`, "左右", "处", "路口"])}`,
    ],
    [
      7,
      () =>
        `${random.pick(["向", "往", "朝"])}${way}${random.pick(["", "", "走", "约", "行", "大约"])}${metres}米${random.pick(["", "", `路${random.pick("东南西北")}`, "处", "即到"])}`,
    ],
    [9, () => `${way}${random.pick(["侧", "侧", "角", "角", "边", "面", "门", "口", "头", "首"])}`],
    [5, () => random.pick(["内", "内", "院内", "里", "里面", "内部", "楼内", "园内", "区内"])],
    [
      4,
      () =>
        random.pick([
          "门口",
          "大门口",
          "路口",
          "入口处",
          "出口",
          "南门口",
          "门前",
          "楼下",
          "楼上",
          "后面",
          "后门",
          "前面",
          "后",
        ]),
    ],
    [3, () => `路${random.pick("东南西北")}`],
    [
      3,
      () => random.pick(["处", "口", "口处", "桥头", "桥下", "巷内", "巷口", "拐角处", "转盘处", "往里走"]),
    ],
    [3, () => `${way}${random.pick(["侧", "边", ""])}${landmark(world)}`],
    [
      2,
      () =>
        `往${random.pick("东南西北")}${random.between(1, 9)}${random.pick(["公里", "里", "站路", "00米"])}`,
    ],
    [1, () => way],
  ])();
}
