import type { Weighted } from "./random.ts";
import type { World } from "./world.ts";

const words = (list: string) => list.split(" ");

/** What half of China's towns name a road after. */
const HOUSEHOLD_NAMES = words(
  "人民 中山 解放 建设 和平 新华 文化 胜利 民主 团结 工农 光明 友谊 幸福 前进 红旗 青年 劳动 黄河 长江 迎宾 朝阳 东风 振兴 兴华 站前 学府 滨河 滨江 滨海 环城 城关 府前 学院 体育 公园 商业 工业 科技 创业 花园 健康 育才 育英 公安 环湖 湖滨 江滨 河滨 沿江 沿河 中央 中心 世纪 时代 金融 开发 解放军 延安 井冈山 五一 八一 五四 七一 十一 三八 六一 九一 跃进 共和 民族 爱国 复兴 民生 民权 平安 吉祥 如意 富强 富民 惠民 利民 安康 康宁 福寿 永安 永兴 长安 长征 车站 火车站 机场 港口 码头 钢铁 矿山 石油 纺织 电力 邮电 银行 供销 粮食 农机 水利 林业 畜牧 师范 医院 卫生 法院 政府 市府 县府 老城 新城 古城 新区 城东 城南 城西 城北 东关 南关 西关 北关 东门 南门 西门 北门 东湖 南湖 西湖 北湖 龙山 凤凰 凤山 玉泉 玉龙 金山 金水 银河 兴隆 江南 江北 河东 河西",
);

const AUSPICIOUS =
  "金银玉宝龙凤祥瑞福寿安康宁和平兴盛昌隆富贵荣华光明永泰吉庆万千百世天地海江河湖山林石泉云霞星月阳春秋东南西北中新华国民文德仁义礼信智忠孝廉诚正大广长远高鼎鸿宏恒丰茂裕源润泽恩惠景锦秀丽雅翠碧青蓝紫红丹朱白梅兰竹菊松柏桃李荷莲枫桂樱双联汇嘉佳美乐欣悦御豪帝王皇尚都凯悦奥亚欧太浦滨港湾洲岛";

const DIRECTIONS = words("东 南 西 北");
const ROAD_DIRECTIONS = words("东 南 西 北 中");
const NUMERALS = words("一 二 三 四 五 六 七 八 九 十");

const ROAD_KINDS: readonly Weighted<string>[] = [
  [56, "路"],
  [14, "街"],
  [12, "大道"],
  [8, "大街"],
  [3, "巷"],
  [1, "胡同"],
  [1, "弄"],
  [1, "里"],
  [1, "道"],
  [1, "公路"],
  [0.5, "马路"],
  [0.5, "街坊"],
  [0.3, "条"],
  [0.3, "坊"],
  [0.3, "围"],
  [0.3, "坡"],
  [0.2, "支路"],
];

/** A name of two or three characters that no list has: what a model must read by its place, not by heart. */
function coinedName({ random, everyday, unfamiliar }: World): string {
  const length = random.chance(0.75) ? 2 : 3;
  return random.weighted<() => string>([
    [6, () => random.pick(AUSPICIOUS) + random.pick(AUSPICIOUS)],
    [2, () => Array.from({ length }, () => random.pick(everyday)).join("")],
    [1, () => Array.from({ length }, () => unfamiliar.draw()).join("")],
    [
      1,
      () =>
        random.pick(everyday) + random.pick("山河江湖海溪泉桥塘田岭坪湾洲城门塔寺庙台楼阁园林岗坝沟口井庄寨"),
    ],
  ])();
}

/** What a road, an estate, a shop is called after. */
export function properName(world: World): string {
  const { random } = world;
  return random.weighted<() => string>([
    [52, () => random.pick(world.placeNames)],
    [34, () => coinedName(world)],
    [8, () => cityName(world)],
    [6, () => random.pick(HOUSEHOLD_NAMES)],
  ])();
}

function cityName({ random, districts }: World): string {
  const { city, district } = random.pick(districts);
  return (random.chance(0.5) && city !== "" ? city : district || city)
    .replace(/(自治州|自治县|地区|林区|新区|特区|矿区|[市县区旗盟])$/u, "")
    .replace(/(?<=..)(?:[^族]{1,3}族)+$/u, "");
}

export function road(world: World): string {
  return world.random.weighted(ROADS)(world);
}

const ROADS: readonly Weighted<(world: World) => string>[] = [
  [84, namedRoad],
  [7, numberedRoad],
  [4, ringRoad],
  [5, highway],
];

function namedRoad(world: World): string {
  const { random } = world;
  const name = random.chance(0.3) ? random.pick(HOUSEHOLD_NAMES) : properName(world);
  const middle = random.weighted<() => string>([
    [66, () => ""],
    [26, () => random.pick(ROAD_DIRECTIONS)],
    [7, () => random.pick(NUMERALS)],
    [1, () => random.pick(["新", "老", "后", "前", "上", "下", "横", "支", "内", "外"])],
  ])();
  return `${name}${middle}${random.weighted(ROAD_KINDS)}`;
}

function numberedRoad(world: World): string {
  const { random } = world;
  const kind = random.pick(["路", "街", "巷", "马路", "道", "大街"]);
  const numeral = random.pick(NUMERALS);
  return random.weighted<() => string>([
    [3, () => numeral + (random.chance(0.4) ? random.pick(NUMERALS) : "") + kind],
    [2, () => random.pick(["经", "纬", "东", "西", "南", "北", "中"]) + numeral + kind],
    [3, () => `${properName(world)}${random.between(1, 30)}${random.pick(["路", "街", "巷", "弄", "号路"])}`],
    [1, () => `${random.pick("东南西北中")}${random.pick("大小前后正")}街`],
    [
      1,
      () =>
        `${random.pick(["十字", "丁字", "步行", "小吃", "商业", "美食", "老", "新", "后", "前", "正", "横"])}街`,
    ],
  ])();
}

function ringRoad(world: World): string {
  const { random } = world;
  const direction = random.pick(DIRECTIONS);
  return random.pick([
    () =>
      `${random.pick(["环", "绕", "外环", "内环"])}${random.pick(["城", "湖", "山", "岛", "市", "城东", "城西"])}${random.pick(["", ...DIRECTIONS])}路`,
    () =>
      `${direction}${random.pick(["", "一", "二", "三", "四", "外", "内"])}环${random.pick(["", "路", "中路", "大街", "北路", "东路"])}`,
    () => `环${random.pick(["城", "湖", "山", ...DIRECTIONS])}${random.pick(ROAD_DIRECTIONS)}路`,
  ])();
}

function highway(world: World): string {
  const { random } = world;
  const number = random.between(1, 999);
  return random.pick([
    () => `${random.pick(["g", "G", "", ""])}${number}国道`,
    () => `${random.pick(["s", "S", "", ""])}${number}省道`,
    () => `${random.pick(["x", "X", ""])}${number}县道`,
    () => `${random.pick(["省道", "国道", "县道", "乡道"])}${random.pick(["", "S", "G", "s", "x"])}${number}`,
    () => `${properName(world)}${random.pick(["公路", "高速", "高速路", "线", "快速路", "一级公路"])}`,
  ])();
}

/** A place that people know: a shop, a school, a company, a sight. */
export function landmark(world: World): string {
  return world.random.weighted(LANDMARKS)(world);
}

const INSTITUTIONS = words(
  "人民医院 中医院 妇幼保健院 医院 卫生院 卫生所 中心小学 实验小学 小学 第一小学 第二小学 中学 第一中学 第三中学 一中 二中 三中 五中 实验中学 职业中学 高级中学 大学 学院 职业技术学院 师范学院 党校 幼儿园 幼儿园 政府 县政府 市政府 镇政府 乡政府 村委会 居委会 派出所 公安局 法院 检察院 税务局 工商局 财政局 教育局 交警队 消防队 邮局 邮政所 邮政局 图书馆 文化馆 体育馆 体育场 博物馆 少年宫 电影院 汽车站 客运站 客运中心 长途汽车站 火车站 高铁站 公交站 汽车南站 机场 码头 加油站 加气站 收费站 停车场 检测站 信用社 农商行 农业银行 工商银行 建设银行 中国银行 邮政储蓄 电信局 移动公司 移动营业厅 供电所 供电局 自来水公司 粮站 菜市场 农贸市场 批发市场 建材市场 家具城 汽配城 水果市场 综合市场 花鸟市场 步行街 夜市 公园 人民公园 广场 文化广场 教堂 清真寺 纪念馆 烈士陵园 养老院 敬老院 殡仪馆 工业园 工业园区 物流园 产业园 高新区 开发区 经济开发区 科技园 创业园 林场 农场 水库 电站 水厂 砖厂 煤矿",
);

const BUSINESSES = words(
  "超市 生活超市 便利店 购物中心 购物广场 商场 商城 百货 百货大楼 商厦 大酒店 酒店 宾馆 旅馆 招待所 饭店 饭庄 酒楼 餐厅 火锅 火锅店 烧烤 面馆 小吃 农家乐 茶楼 咖啡 网吧 网咖 ktv 酒吧 浴池 洗浴中心 足浴 美容院 理发店 药店 大药房 诊所 门诊 眼镜店 服装店 鞋店 母婴店 文具店 书店 手机店 数码 通讯 电脑城 五金店 建材 装饰 家居 家具 灯饰 陶瓷 汽修厂 汽修 洗车 轮胎 4s店 驾校 印刷厂 服装厂 食品厂 机械厂 家具厂 塑料厂 化工厂 纸箱厂 电子厂 加工厂 培训中心 健身房 快递 快递点 菜鸟驿站 驿站 物流 蛋糕店 奶茶店 水果店 花店 照相馆 影楼 装修公司 广告 打印店 彩票站 修理部 经营部 批发部 门市部 销售部 商行 商店 专卖店 旗舰店",
);

const COMPANY_TRADES = words(
  "科技 贸易 商贸 实业 电子 机械 机电 服装 服饰 食品 建材 建筑 建设 工程 装饰 物流 运输 化工 塑胶 塑料 五金 家具 纺织 印刷 包装 医药 医疗 生物 农业 环保 能源 电力 电气 汽车 文化 传媒 广告 网络 信息 软件 教育 咨询 投资 置业 房地产 物业 旅游 餐饮 酒店管理 矿业 钢铁 纸业 酒业 茶业 制造 设备 材料 光电 通信",
);

const SIGHTS = words(
  "景区 风景区 风景名胜区 旅游区 旅游度假区 度假区 度假村 森林公园 湿地公园 古镇 古城 古寨 山庄 温泉 瀑布 大峡谷 水库 湖 寺 庙 塔 书院 故居 陵园 遗址 码头 草原 沙滩 湿地 滑雪场 动物园 植物园 游乐园 影视城",
);

const BUILDINGS = words(
  "大厦 广场 商业广场 国际广场 时代广场 中心 商务中心 国际中心 大楼 综合楼 写字楼 商务楼 办公楼 教学楼 商城 商业城 商业街 步行街 国际 国际城 财富中心 科技园 软件园 产业园 创意园 工业园 工业区 公寓 商住楼 家属楼 宿舍楼 会所 天地 新天地 万达广场 大世界 城市广场 soho loft cbd mall",
);

const LANDMARKS: readonly Weighted<(world: World) => string>[] = [
  [22, (world) => optionalName(world) + world.random.pick(INSTITUTIONS)],
  [22, (world) => properName(world) + world.random.pick(BUSINESSES)],
  [16, building],
  [13, estate],
  [8, (world) => properName(world) + world.random.pick(SIGHTS)],
  [8, company],
  [
    5,
    (world) =>
      properName(world) +
      world.random.pick(["桥", "大桥", "立交桥", "路口", "十字路口", "转盘", "隧道口", "牌坊"]),
  ],
  [4, properName],
  [2, (world) => latinWord(world) + world.random.pick([...BUSINESSES, ...BUILDINGS])],
];

const optionalName = (world: World) => (world.random.chance(0.55) ? properName(world) : "");

export function building(world: World): string {
  return properName(world) + world.random.pick(BUILDINGS);
}

export function company(world: World): string {
  const { random } = world;
  const place = random.chance(0.4) ? cityName(world) : "";
  const trade = random.pick(COMPANY_TRADES);
  const kind = random.weighted([
    [5, "有限公司"],
    [2, "公司"],
    [1, "股份有限公司"],
    [1, "有限责任公司"],
    [1, "集团"],
    [1, "集团公司"],
    [1, "厂"],
    [1, ""],
  ]);
  return `${place}${properName(world)}${trade}${kind}`;
}

const ESTATE_KINDS = words(
  "小区 小区 小区 花园 花园 花园小区 家园 苑 新村 新村 嘉苑 名苑 雅苑 华苑 华庭 名庭 豪庭 华府 公馆 府邸 山庄 别墅 公寓 国际 国际城 新城 名城 城 花城 半岛 湾 佳园 雅居 丽景 名都 水岸 绿洲 世家 御园 庄园 里 坊 院 大院 家属院 家属区 安置区 安置小区 安置房 社区 住宅区 生活区 北区 南区 东区 西区 一期 二期 三期 首府 一品 壹号 壹号院 天下 尚城 时光 未来城 悦府 学府 上院 公园 港湾 碧水 阳光城 商住区",
);

export function estate(world: World): string {
  const { random } = world;
  return properName(world) + (random.chance(0.12) ? random.pick(AUSPICIOUS) : "") + random.pick(ESTATE_KINDS);
}

const VILLAGE_KINDS: readonly Weighted<string>[] = [
  [60, "村"],
  [6, "庄"],
  [4, "庄村"],
  [4, "新村"],
  [3, "屯"],
  [3, "寨"],
  [2, "寨村"],
  [2, "社区"],
  [2, "家村"],
  [2, "嘎查"],
  [2, "湾"],
  [2, "坪"],
  [2, "沟"],
  [2, "冲"],
  [1, "村委会"],
  [1, "自然村"],
  [1, "居委会"],
  [1, "行政村"],
];

/** A village, with its group or hamlet where people write it. */
export function village(world: World): string {
  const { random } = world;
  const name = random.chance(0.8) ? random.pick(world.placeNames) : coinedName(world);
  const ordinal = random.chance(0.5) ? random.pick(NUMERALS) : `${random.between(1, 20)}`;
  const part = random.weighted<() => string>([
    [60, () => ""],
    [14, () => ordinal + random.pick(["组", "社", "队", "组", "村民组", "生产队"])],
    [
      10,
      () =>
        random.pick(world.placeNames) +
        random.pick(["屯", "组", "庄", "湾", "寨", "自然村", "村", "社", "沟", "塘", "坝"]),
    ],
    [4, () => `第${random.pick(NUMERALS)}${random.pick(["村民小组", "组"])}`],
    [
      4,
      () => random.pick(["村东", "村西", "村南", "村北", "村口", "村头", "村部", "村委会", "村内", "村小学"]),
    ],
  ])();
  return `${name}${random.weighted(VILLAGE_KINDS)}${part}`;
}

export function latinWord({ random }: World): string {
  const letters = Array.from({ length: random.between(1, 5) }, () =>
    random.pick("abcdefghiklmnoprstvwxyz"),
  ).join("");
  return random.chance(0.5) ? letters : letters.toUpperCase();
}

export const direction = ({ random }: World): string =>
  random.pick(["东", "南", "西", "北", "东", "南", "西", "北", "东南", "东北", "西南", "西北"]);

export const numeral = ({ random }: World): string => random.pick(NUMERALS);
