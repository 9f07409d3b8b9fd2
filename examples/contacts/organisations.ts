import { estateName, roadName, villageName } from "../made-up/addresses.ts";
import { anyHanzi } from "../made-up/hanzi.ts";
import type { Random } from "../made-up/random.ts";
import { cityOf, region, shortCity, shortProvince } from "../made-up/regions.ts";
import { words } from "./grammar.ts";

const BRAND_FIRST =
  "云远恒华天金鑫瑞宏博智新东海蓝星泰盛嘉德信诚永安康美佳乐优卓越创锐迅捷飞腾龙凤鸿鹏翔宇辰晨旭日月明光辉耀正大中联合众同和万百千福禄祥丰益利达通顺广润泽源绿青碧松柏兰梅竹";
const BRAND_LAST =
  "帆航瑞泰盛达通信诚安康丰源泽润海洋天宇星辰晖阳晨曦图腾跃翔飞腾迪科创智能慧友邦联合力恒兴隆昌茂盈益利福祥和顺美佳悦乐居家园林森木石山峰岭川河江湖";
const BRANDS = words(`
  小蜗牛 大白鲸 红蚂蚁 快马 七色花 青柠檬 一品香 老灶台 半亩田 三只鹿 橙心 麦穗 蓝鲸 萤火虫 向日葵 蒲公英 方糖 木棉 拾光 印象江南 外婆桥
  巷子里 云上 南风 北斗 长风 远山 归雁 飞燕 铁牛 金手指 好邻居 万家福 家家乐 百姓 民生 聚贤 同心 众智 极光 量子 深空 元力 数聚 码上 指尖 灵犀
  星际 探路者号 启明 晨光里 朝夕 知了 布谷 白桦林 胡桃 山楂树 橄榄枝 灯塔 彼岸 渔火 驼铃 沙棘 雪莲 冰凌 暖阳 晴川 汉阳渡 黄鹤 古渡`);

/** A name of its own that a company or shop may have. */
export function brand(random: Random): string {
  return random.make([
    [50, (random) => random.pick(BRAND_FIRST) + random.pick(BRAND_LAST)],
    [18, (random) => random.pick(BRANDS)],
    [20, (random) => anyHanzi(random) + anyHanzi(random)],
    [8, (random) => random.pick(BRAND_FIRST) + random.pick(BRAND_FIRST) + random.pick(BRAND_LAST)],
    [4, (random) => random.repeat(3, anyHanzi)],
  ]);
}

/** A place as the beginning of an organisation's name. */
function place(random: Random): string {
  const where = region(random);
  return random.weighted([
    [34, shortCity(cityOf(where))],
    [22, cityOf(where)],
    [12, where.district || cityOf(where)],
    [8, where.province],
    [8, shortProvince(where.province)],
    [6, cityOf(where) + where.district],
    [6, where.province + where.city],
    [4, `${shortCity(cityOf(where))}高新区`],
  ]);
}

const TRADES = words(`
  科技 电子 电子科技 信息技术 网络科技 软件 生物 生物科技 医药 医疗器械 建筑工程 建设 装饰 装饰工程 餐饮 餐饮管理 文化 文化传媒 传媒 广告 物流 供应链
  供应链管理 贸易 国际贸易 进出口 商贸 实业 投资 资产管理 置业 房地产 物业 物业管理 机械 机械制造 自动化 精密仪器 化工 新材料 能源 新能源 环保 环境工程
  食品 乳业 茶业 酒业 农业 农业开发 种业 畜牧 水产 纺织 服饰 服装 鞋业 皮革 家具 家居 五金 电器 照明 汽车销售 汽车服务 汽车零部件 教育 教育咨询 人力资源 企业管理
  法律咨询 财务咨询 旅游 旅行社 酒店管理 体育 健身 影视 动漫 游戏 印务 包装 塑料 玻璃 陶瓷 钢铁 矿业 电力 水务 燃气 航空 船舶 铁路器材 通信 智能 人工智能 数据 云计算 半导体 光电
  珠宝 化妆品 日化 医疗 健康 养老服务 家政 保安服务 保洁 快递 速运 冷链 租赁 拍卖 典当 担保 小额贷款 保险代理 检测 测绘 设计 园林 苗木 花卉`);
const COMPANY_FORMS: readonly (readonly [number, string])[] = [
  [50, "有限公司"],
  [13, "股份有限公司"],
  [9, "有限责任公司"],
  [8, "集团"],
  [7, "集团有限公司"],
  [7, "公司"],
  [3, "（集团）股份有限公司"],
  [3, "厂"],
];

function fullCompany(random: Random): string {
  const name = brand(random);
  const trade = random.pick(TRADES);
  const form = random.weighted(COMPANY_FORMS);
  const where = place(random);
  return random.weighted([
    [64, where + name + trade + form],
    [14, name + trade + form],
    [8, `${name}（${where}）${trade}${form}`],
    [5, `${name}${trade}(${where})${form}`],
    [6, `${where}${name}${trade}${form}${shortCity(cityOf(region(random)))}分公司`],
    [3, `${where}${random.pick(TRADES)}${random.pick(["总", ""])}公司`],
  ]);
}

/** 云帆科技, 恒瑞集团: as people call a company. */
function shortCompany(random: Random): string {
  const trade = random.pick(TRADES);
  return random.weighted([
    [70, brand(random) + trade],
    [14, `${brand(random)}${random.pick(["集团", "公司", "股份", "控股"])}`],
    [16, place(random) + brand(random) + trade],
  ]);
}

const LATIN_FIRST = words(
  "Nova Blue Green Star Sky Next Omni Terra Lumi Vita Helix Quant Pixel Cedar Maple Orion Delta Alto Zen Bright",
);
const LATIN_LAST = words(
  "link soft wave works point lab bridge stone field tech media cloud forge path nova ware",
);

function latinCompany(random: Random): string {
  const name = random.pick(LATIN_FIRST) + random.pick(LATIN_LAST);
  return (
    name +
    random.weighted([
      [4, ""],
      [2, " Ltd."],
      [2, " Inc."],
      [1, " Co., Ltd"],
      [2, "中国"],
      [2, "公司"],
    ])
  );
}

const UNIVERSITY = words(
  "大学 理工大学 师范大学 工业大学 农业大学 医科大学 财经大学 科技大学 交通大学 外国语大学 学院 职业技术学院 师范学院 工程学院 艺术学院 电力职业学院 广播电视大学 中医药大学 海洋大学 民族大学 开放大学",
);
const FACULTY = words(
  "计算机学院 文学院 法学院 外国语学院 经济管理学院 机械工程学院 材料学院 化学系 物理系 数学科学学院 医学院 护理学院 艺术设计系 新闻与传播学院 土木工程系 研究生院 图书馆 教务处 学生处 招生办公室 后勤集团 继续教育学院 马克思主义学院 生命科学学院 软件学院 团委 就业指导中心",
);
const SCHOOL = words(
  "第一中学 第二中学 第三中学 第四中学 第七中学 第十二中学 一中 二中 实验中学 实验小学 中心小学 外国语学校 高级中学 职业高中 中等专业学校 幼儿园 第二幼儿园 附属小学 希望小学 特殊教育学校 体育运动学校 第一小学 初级中学 九年一贯制学校 技师学院",
);

function university(random: Random): string {
  return (random.chance(0.85) ? shortCity(place(random)) : brand(random)) + random.pick(UNIVERSITY);
}

function school(random: Random): string {
  return random.make([
    [30, university],
    [24, (random) => university(random) + random.pick(FACULTY)],
    [30, (random) => place(random) + random.pick(SCHOOL)],
    [8, (random) => `${university(random)}附属${random.pick(["中学", "小学", "幼儿园", "高级中学"])}`],
    [
      8,
      (random) =>
        brand(random) +
        random.pick(words("幼儿园 双语学校 国际学校 培训学校 驾校 小学 中学 早教中心 托育中心 画室")),
    ],
  ]);
}

const HOSPITAL = words(
  "人民医院 第一人民医院 第二人民医院 第三医院 中医院 中医医院 妇幼保健院 儿童医院 口腔医院 肿瘤医院 中心医院 精神卫生中心 疾病预防控制中心 眼科医院 骨伤医院 传染病医院 康复医院 急救中心 血液中心 社区卫生服务中心",
);

function hospital(random: Random): string {
  return random.make([
    [62, (random) => place(random) + random.pick(HOSPITAL)],
    [14, (random) => `${university(random)}附属${random.pick(["第一", "第二", "口腔", "儿童", ""])}医院`],
    [
      16,
      (random) =>
        brand(random) +
        random.pick(words("医院 口腔门诊部 口腔 中医馆 眼科 体检中心 宠物医院 诊所 药房 大药房 妇产医院")),
    ],
    [8, (random) => random.pick(["省", "市", "县", "区"]) + random.pick(HOSPITAL)],
  ]);
}

const BUREAU = words(
  "公安局 教育局 卫生健康委员会 市场监督管理局 税务局 民政局 财政局 交通运输局 人力资源和社会保障局 住房和城乡建设局 自然资源局 生态环境局 农业农村局 水利局 应急管理局 司法局 统计局 审计局 文化和旅游局 城市管理局 发展和改革委员会 信访局 气象局 烟草专卖局 人民政府 人民法院 人民检察院 人大常委会 政协 团委 妇联 总工会 残疾人联合会 红十字会 档案馆 图书馆 博物馆 文化馆 政务服务中心 公共资源交易中心 不动产登记中心 住房公积金管理中心 供电局 公路管理局 海关 消防救援支队 公安局交警支队 交警大队 纪委监委 组织部 宣传部 商务局 民族宗教事务局 机关事务管理局 地方志办公室",
);
const NATIONAL = words(
  "国务院 教育部 公安部 财政部 外交部 商务部 交通运输部 生态环境部 农业农村部 国家卫生健康委员会 最高人民法院 最高人民检察院 国家税务总局 海关总署 国家统计局 国家知识产权局 中国气象局 中国科学院 中国人民银行 全国人大常委会 全国总工会 联合国 世界卫生组织 世界贸易组织 欧盟委员会 国际奥委会",
);

function authority(random: Random): string {
  return random.make([
    [58, (random) => place(random) + random.pick(BUREAU)],
    [13, (random) => random.pick(["省", "市", "县", "区", "州", "镇", "乡"]) + random.pick(BUREAU)],
    [
      9,
      (random) =>
        region(random).town +
        random.pick(
          words("人民政府 派出所 司法所 卫生院 中心小学 便民服务中心 财政所 综合执法队 党工委 办事处"),
        ),
    ],
    [10, (random) => random.pick(NATIONAL)],
    [10, community],
  ]);
}

/** 石桥村村委会, 翠湖花园业主委员会 */
function community(random: Random): string {
  return random.make([
    [
      4,
      (random) =>
        `${villageName(random).replace(/(?:村|屯|寨|社区)$/u, "")}村${random.pick(["村委会", "村民委员会", "卫生室", "小学"])}`,
    ],
    [
      4,
      (random) =>
        `${estateName(random)}${random.pick(["业主委员会", "业委会", "物业服务中心", "居委会", "社区居委会", "物业"])}`,
    ],
    [
      2,
      (random) =>
        `${random.repeat(2, anyHanzi)}社区${random.pick(["居委会", "居民委员会", "党群服务中心", "卫生服务站"])}`,
    ],
  ]);
}

const BANKS = words(
  "中国工商银行 中国农业银行 中国建设银行 中国银行 交通银行 招商银行 中国邮政储蓄银行 工商银行 农业银行 建设银行 邮储银行 浦发银行 民生银行 光大银行 兴业银行 工行 农行 建行 招行",
);

function bank(random: Random): string {
  const name = random.chance(0.65)
    ? random.pick(BANKS)
    : place(random) + random.pick(words("银行 农商银行 农村商业银行 农村信用合作联社 商业银行 村镇银行"));
  return random.weighted([
    [36, name],
    [22, `${name}${shortCity(cityOf(region(random)))}分行`],
    [22, `${name}${roadName(random)}支行`],
    [14, `${name}${shortCity(cityOf(region(random)))}${random.repeat(2, anyHanzi)}支行`],
    [6, `${name}${random.pick(["营业部", "信用卡中心", "总行", "客服中心"])}`],
  ]);
}

const SHOPS = words(
  "超市 便利店 书店 咖啡馆 咖啡 火锅店 火锅 烧烤店 面馆 小吃店 餐厅 饭店 酒楼 大酒店 酒店 宾馆 民宿 客栈 茶馆 茶楼 奶茶店 蛋糕店 面包房 理发店 美容院 美发 造型 健身房 瑜伽馆 游泳馆 电影院 影城 KTV 网吧 药店 眼镜店 花店 水果店 生鲜超市 菜鸟驿站 快递驿站 洗衣店 干洗店 母婴店 服装店 鞋店 五金店 家具城 建材市场 手机维修店 汽修厂 汽修店 洗车行 4S店 房产中介 照相馆 婚纱摄影 打印店 图文店 文具店 宠物店 批发部 粮油店",
);

function shop(random: Random): string {
  const name = brand(random) + random.pick(SHOPS);
  return random.weighted([
    [66, name],
    [16, `${name}（${random.chance(0.5) ? roadName(random) : estateName(random)}店）`],
    [12, `${name}${shortCity(cityOf(region(random)))}店`],
    [6, place(random) + name],
  ]);
}

const CAUSES = words(
  "餐饮行业 物流 律师 作家 摄影家 书法家 羽毛球 篮球 围棋 长跑 登山 志愿者 慈善 青年企业家 软件行业 养蜂 茶叶 钢琴 舞蹈家 消费者 台商 浙江 温州 潮汕 湖南 建筑业 医师 护理 心理卫生 动物保护 环保 收藏家 计算机 机械工程 注册会计师 老年人 残疾人 野生动物保护 互联网 跨境电商 家政服务 农产品流通 美食 骑行 自行车运动",
);

function association(random: Random): string {
  return random.make([
    [
      60,
      (random) =>
        place(random) +
        random.pick(CAUSES) +
        random.pick(words("协会 商会 联合会 学会 研究会 促进会 行业协会")),
    ],
    [14, (random) => `中国${random.pick(CAUSES)}${random.pick(words("协会 学会 联合会 研究会"))}`],
    [
      16,
      (random) =>
        brand(random) +
        random.pick(
          words(
            "基金会 公益基金会 慈善基金会 志愿服务队 救援队 俱乐部 足球俱乐部 篮球俱乐部 读书会 合唱团 乐团 艺术团 研究院 智库",
          ),
        ),
    ],
    [
      10,
      (random) =>
        place(random) +
        random.pick(
          words(
            "日报社 晚报 电视台 广播电视台 日报 出版社 交响乐团 话剧团 设计院 科学院 农科院 研究所 规划设计研究院",
          ),
        ),
    ],
  ]);
}

const FIRM_DEPARTMENTS = words(
  "研发部 市场部 人事部 财务部 客服部 采购部 法务部 行政部 销售部 技术部 项目部 售后服务部",
);

function otherFirm(random: Random): string {
  return random.make([
    [
      4,
      (random) =>
        `${random.chance(0.6) ? place(random) : ""}${brand(random)}${random.pick(words("律师事务所 会计师事务所 建筑设计事务所 专利事务所 工作室 设计工作室 摄影工作室 农机专业合作社 种植专业合作社 养殖场 加工厂 印刷厂 机械厂 服装厂 家具厂 研究所"))}`,
    ],
    [
      2,
      (random) =>
        (random.chance(0.5) ? fullCompany(random) : shortCompany(random)) + random.pick(FIRM_DEPARTMENTS),
    ],
  ]);
}

/** Any organisation's name, whole or short. */
export function organisation(random: Random): string {
  return random.make([
    [27, fullCompany],
    [13, shortCompany],
    [2, latinCompany],
    [14, school],
    [9, hospital],
    [15, authority],
    [5, bank],
    [7, shop],
    [6, association],
    [5, otherFirm],
  ]);
}

/** A company in full and as it's called for short, from the same brand. */
export function companyAndShort(random: Random): { full: string; short: string } {
  const name = brand(random);
  const trade = random.pick(TRADES);
  return {
    full: `${place(random)}${name}${trade}${random.weighted(COMPANY_FORMS)}`,
    short: random.chance(0.6) ? name + trade : name + random.pick(["公司", "集团"]),
  };
}

export { fullCompany, hospital, place as organisationPlace, school, shop, university };
