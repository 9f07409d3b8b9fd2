import { anyHanzi } from "./hanzi.ts";
import type { Random } from "./random.ts";

const ROAD_NAMES =
  "人民 解放 中山 建设 和平 胜利 光明 新华 文化 青年 团结 友谊 民主 幸福 朝阳 东风 红旗 工业 科技 创业 创新 学院 大学 体育 公园 滨河 滨江 滨海 环城 站前 迎宾 振兴 兴业 富强 长江 黄河 泰山 黄山 昆仑 天山 珠江 淮海 太湖 洞庭 湘江 松花江 北京 南京 上海 广州 深圳 杭州 成都 重庆 西安 长安 平安 永安 安康 康宁 健康 育才 育英 文昌 文苑 书院 孔庙 鼓楼 钟楼 城隍庙 南门 北门 东门 西门 凤凰 龙腾 金龙 银河 星湖 明月 彩虹 春晖 秋实 夏荷 梅园 兰亭 竹林 菊香 桂花 樱花 玉兰 紫荆 梧桐 银杏 香樟 白杨 柳荫 松涛 云杉 杏林 桃源 莲花 荷塘 芙蓉 茶亭 稻香 麦浪 果园 菜市 米市 布市 铁匠 铸造 纺织 化工 机场 码头 渡口 石桥 虹桥 断桥 长堤 沙河 清河 清泉 温泉 龙泉 虎丘 凤鸣 鹤鸣 鹿鸣 马鞍山 牛首 羊角 鱼塘 天目 天府 天河 地藏 金融 商务 软件 数码 会展 物流 保税 高新 开元 嘉禾 嘉陵 锦绣 锦江 华山 华侨 崇文 崇德 宣化 广济 普陀 慈云 万寿 百福 五一 五四 八一 七星 三元 四季 六和 九龙 十字".split(
    " ",
  );
const ROAD_TYPES: readonly (readonly [number, string])[] = [
  [46, "路"],
  [9, "大道"],
  [9, "街"],
  [5, "大街"],
  [5, "东路"],
  [5, "西路"],
  [5, "南路"],
  [5, "北路"],
  [3, "中路"],
  [2, "巷"],
  [2, "一路"],
  [2, "二路"],
  [1, "三路"],
  [1, "支路"],
  [1, "东街"],
  [1, "胡同"],
  [1, "弄堂"],
  [1, "里"],
  [1, "步行街"],
  [1, "横街"],
];

/** A road with its type: 文汇路, 滨江大道, 经三路, 解放北路. */
export function roadName(random: Random): string {
  return random.make([
    [60, (random) => random.pick(ROAD_NAMES) + random.weighted(ROAD_TYPES)],
    [28, (random) => random.repeat(random.weighted(TWO_OR_THREE), anyHanzi) + random.weighted(ROAD_TYPES)],
    [5, (random) => `${random.pick("经纬东西南北中前后")}${random.pick("一二三四五六七八九十")}路`],
    [2, (random) => `${random.pick(["S", "G", "X", "省道", "国道"])}${random.between(100, 399)}线`],
    [5, (random) => `${random.pick(ROAD_NAMES)}${random.pick("一二三四五六七八九")}${random.pick("路街巷")}`],
  ]);
}

const TWO_OR_THREE: readonly (readonly [number, number])[] = [
  [8, 2],
  [2, 3],
];

const ESTATE_FIRST =
  "阳光 金色 碧云 翠湖 丽景 锦绣 东方 恒景 万和 龙泽 紫金 香榭 水岸 滨江 江南 绿洲 蓝湾 玫瑰 紫薇 海棠 凤凰 华府 御景 盛世 世纪 新城 金域 银河 星河 枫林 梧桐 桃源 书香 翰林 学府 名门 尚品 国际 中央 天鹅 帝景 观澜 听涛 云栖 鹭岛 半山 溪谷 春江 秋月 和谐 幸福 平安 安居 康乐 泰和 祥和 怡景 馨苑 嘉禾 汇景 富春 宝丽 金麓 绿荫 融景 雅居 美林 美好 悦府 月光 星湖 明珠 水晶 翡翠 珊瑚 都市 时代 领秀 理想 托斯卡纳 罗马 维也纳 威尼斯".split(
    " ",
  );
const ESTATE_LAST =
  "花园 小区 家园 苑 公寓 城 名邸 雅苑 新村 嘉园 华庭 花苑 府 湾 里 居 庭 广场 豪庭 山庄 别墅 半岛 佳苑 新苑 公馆 一号 国际 社区 名城 人家 东区 西区 二期 三期 南苑 北苑".split(
    " ",
  );

/** A housing estate: 翠湖花园, 书香名邸二期. */
export function estateName(random: Random): string {
  const first = random.chance(0.7) ? random.pick(ESTATE_FIRST) : random.repeat(2, anyHanzi);
  const last = random.pick(ESTATE_LAST);
  return random.chance(0.1)
    ? `${first}${last}${random.pick(["一期", "二期", "三期", "A区", "B区", "南区"])}`
    : first + last;
}

const VILLAGE_FIRST =
  "张家 李家 王家 刘家 陈家 赵 孙 周 吴 马 石 杨 柳 桃 杏 枣 松 竹 柏 槐 梨 上 下 东 西 南 北 前 后 大 小 新 老 高 双 三 五 七里 十里 白 黑 红 青 黄 金 银 龙 凤 虎 牛 羊 鹿 官 军 商 茶".split(
    " ",
  );
const VILLAGE_MIDDLE =
  "河 庄 沟 坝 岭 坡 湾 塘 店 集 桥 坪 洼 山 头 屯 寨 堡 营 井 潭 溪 冲 垭 坑 埠 渡 滩 林 园".split(" ");

/** A village, its type included: 石桥村, 上柳湾屯. */
export function villageName(random: Random): string {
  const first = random.chance(0.75) ? random.pick(VILLAGE_FIRST) : anyHanzi(random);
  const type = random.weighted([
    [80, "村"],
    [8, "屯"],
    [6, "寨"],
    [6, "社区"],
  ]);
  return first + random.pick(VILLAGE_MIDDLE) + type;
}

const TOWER_FIRST =
  "金茂 环球 泛亚 国信 中天 财富 嘉盛 恒丰 创业 创智 科技 信息 软件 华侨 大成 东方 新时代 银泰 天润 云谷 智汇 万象 星光 远洋 港湾 长江 宏图 鼎盛 海纳 瑞丰 汇金 博雅".split(
    " ",
  );
const TOWER_LAST =
  "大厦 大楼 中心 广场 国际中心 商务楼 写字楼 科技园 产业园 创业园 工业园 商城 商厦 城 公寓 大酒店 市场 综合楼".split(
    " ",
  );

/** A building or a park of buildings with a name: 汇金大厦, 云谷科技园. */
export function towerName(random: Random): string {
  const first = random.chance(0.7) ? random.pick(TOWER_FIRST) : random.repeat(2, anyHanzi);
  return first + random.pick(TOWER_LAST);
}

const HAN_DIGITS = "一二三四五六七八九十";

/** 18号, 甲3号, 128-2号, 88弄12号. */
export function houseNumber(random: Random): string {
  const number = random.chance(0.6) ? random.between(1, 199) : random.between(1, 2999);
  return random.weighted([
    [70, `${number}号`],
    [6, `${number}-${random.between(1, 20)}号`],
    [5, `${number}弄${random.between(1, 60)}号`],
    [3, `甲${random.between(1, 60)}号`],
    [3, `${number}号院`],
    [3, `${number}号附${random.between(1, 20)}号`],
    [3, `${number}之${random.pick(HAN_DIGITS)}`],
    [3, `${random.pick(HAN_DIGITS)}十${random.pick("一二三四五六七八九")}号`],
    [2, `No.${number}`],
    [2, `${number}`],
  ]);
}

/** A building of an estate, mostly with entrance and room: 3号楼2单元502室, 12栋1203, 5-2-301. */
export function room(random: Random): string {
  const building = random.between(1, 36);
  const entrance = random.between(1, 6);
  const number = `${random.between(1, 32)}${random.pick(["01", "02", "03", "04", "05", "06", "08", "12"])}`;
  const suffix = random.pick(["室", "室", "", "房", "号"]);
  return random.weighted([
    [18, `${building}号楼${entrance}单元${number}${suffix}`],
    [14, `${building}栋${number}${suffix}`],
    [12, `${building}幢${entrance}单元${number}${suffix}`],
    [9, `${building}号楼${number}${suffix}`],
    [8, `${building}-${entrance}-${number}`],
    [7, `${building}栋${entrance}单元${number}${suffix}`],
    [6, `${random.pick("ABCDEF")}座${number}${suffix}`],
    [6, `${random.pick("ABCDEF")}${random.between(1, 9)}栋${number}${suffix}`],
    [6, `${building}号楼`],
    [4, `${building}栋`],
    [4, `${random.pick(HAN_DIGITS)}号楼${random.pick(HAN_DIGITS)}单元${number}${suffix}`],
    [3, `第${random.pick(HAN_DIGITS)}栋${number}${suffix}`],
    [3, `${building}＃${number}`],
  ]);
}

/** A floor or office of a building with a name: 12楼, A座1808室, 3层301, B1层. */
export function office(random: Random): string {
  const floor = random.between(1, 42);
  const number = `${floor}${random.pick(["01", "02", "03", "05", "06", "08", "10", "12"])}`;
  return random.weighted([
    [20, `${number}室`],
    [16, `${floor}楼`],
    [14, `${floor}层`],
    [14, `${random.pick("ABCDEF")}座${number}室`],
    [9, `${random.pick("ABCDEF")}座${floor}层`],
    [7, `${random.between(1, 12)}号楼${number}`],
    [6, `${random.between(1, 12)}幢${floor}楼`],
    [5, `${floor}楼${number}室`],
    [4, `${random.pick(["南", "北", "东", "西"])}塔${floor}层`],
    [3, `${random.pick("一二三")}层${random.pick("ABCD")}${random.between(1, 199)}铺`],
    [2, "B1层"],
  ]);
}

/** Where from a named place: 东北角, 向西200米, 对面. */
export function offset(random: Random): string {
  const direction = random.pick("东西南北");
  return random.weighted([
    [3, `${random.pick(["东北", "东南", "西北", "西南"])}角`],
    [
      3,
      `${random.pick(["向", "往", ""])}${direction}${random.between(1, 19) * random.pick([10, 50, 100])}米`,
    ],
    [2, "对面"],
    [1, "旁"],
    [1, `${direction}侧`],
    [1, "路口"],
  ]);
}

/** 长江路与文汇街交叉口, 长江路文汇街路口 */
export function crossing(random: Random): string {
  return `${roadName(random)}${random.pick(["与", "和", "、", ""])}${roadName(random)}${random.pick(["交叉口", "交汇处", "路口", "交叉路口"])}`;
}
