import { anyHanzi } from "./hanzi.ts";
import type { Random } from "./random.ts";

/** The hundred or so surnames of nearly nine in ten people, most frequent first. */
const COMMON_SURNAMES =
  "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚";
const LESS_COMMON_SURNAMES =
  "汤陶黎温莫易樊乔文安殷颜庄章鲁倪庞邢俞翟蓝聂齐向申葛柴伍覃骆关焦柳欧祝纪尚毕耿芦左季管符辛苗詹曲欧靳祁路涂兰甘裴梅童翁霍游阮尤岳柯牟滕谷舒卜成饶宁凌盛查单冉鲍华包屈房喻解蒲卫简时连车项闵邬吉党阳司费蒙席晏隋古强穆姬宫景米麦谈柏瞿艾沙鄢桂窦郁缪畅巩卓褚栾戚全娄甄郎池丛边岑农苟迟保商臧佘卞虞刁冷应匡栗仇练楚揭师官佟封燕桑巫敖原植邝仲荆储宗楼干苑寇盖南屠鞠荣井乐银奚明麻雍花闻冼木郜廉衣蔺和冀占公门帅利满";
const RARE_SURNAMES =
  "牧山经操母乌仝禤逄逯亓昝芮訾贡撒璩郏嵇邴糜宓蓬郗仉阚那空养鞠须丰巢蒯相後荀红竺权逮盍益桓公麴厍";
const COMPOUND_SURNAMES = [
  "欧阳",
  "上官",
  "司马",
  "诸葛",
  "司徒",
  "皇甫",
  "尉迟",
  "夏侯",
  "东方",
  "慕容",
  "令狐",
  "宇文",
  "长孙",
  "端木",
  "公孙",
  "独孤",
  "南宫",
  "轩辕",
  "呼延",
  "澹台",
  "闻人",
  "申屠",
  "太史",
  "西门",
  "钟离",
  "濮阳",
  "淳于",
  "公冶",
  "赫连",
  "拓跋",
] as const;

const GIVEN_CHARACTERS =
  "伟芳娜秀敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰英华玉萍红玲芬燕彬鹏浩宇轩梓涵欣怡子豪一诺雨桐思远嘉俊熙博文皓然晨曦梦琪佳雪婷婉清若溪语嫣诗雅韵可馨紫萱悦彤心妍美琳晓东建国志强海波国庆卫红永福长贵春生秋月冬梅夏荷立新光荣德才先良进忠孝仁义礼智信宝福禄寿喜财旺兴发达成功胜利健康安宁和顺祥瑞吉庆余金银铜铁木林森水淼火炎土垚山川江河湖海天地日月星辰云风雷电龙虎豹凤麟鹤松柏竹菊莲荷梅桃李杏昊泽宸煜彦辰奕洛凡景行沐阳知予星野书瑶乐安逸凌霄启航振邦耀祖承志继业光宗培根树人育才广源洪亮少华世杰家栋冠中正南北西青蓝紫白黑朝晖向前爱民学勤有为大鹏小军双全万里千帆百川惠珍淑贞凤英秀兰桂香玉兰素云月娥翠花巧玲银花彩霞莉莎露菲薇蓉蕾倩茜颖璐瑾瑜璇珂琦琛璟钰铭锐钧钊锦鑫镇钢锋毅恒坚韧卓群楠栩桦槿枫樱柔晴岚霖霏澜润涵滢潇湛源泉渊朗旭昕晟昱晗晔暄畅达通远遥迪逍越赫骏驰骁翔翊羽翰";

/** Shares of how a surname is drawn; the hundred commonest thin out towards their end. */
export function surname(random: Random): string {
  return random.make([
    [70, (random) => COMMON_SURNAMES[Math.floor(random.next() ** 1.6 * COMMON_SURNAMES.length)]!],
    [22, (random) => random.pick(LESS_COMMON_SURNAMES)],
    [3, (random) => random.pick(RARE_SURNAMES)],
    [5, (random) => random.pick(COMPOUND_SURNAMES)],
  ]);
}

function givenCharacter(random: Random): string {
  return random.chance(0.8) ? random.pick(GIVEN_CHARACTERS) : anyHanzi(random);
}

export function givenName(random: Random): string {
  return random.make([
    [24, givenCharacter],
    [69, (random) => givenCharacter(random) + givenCharacter(random)],
    [5, (random) => givenCharacter(random).repeat(2)],
    [2, (random) => random.repeat(3, givenCharacter)],
  ]);
}

/** A Han name, surname first; now and then two surnames, of both parents. */
export function hanName(random: Random): string {
  return random.chance(0.03)
    ? random.pick(COMMON_SURNAMES) + random.pick(COMMON_SURNAMES) + givenCharacter(random)
    : surname(random) + givenName(random);
}

const TURKIC =
  "阿卜杜 买买提 艾力 古丽 努尔 吐尔逊 热合曼 玉素甫 帕提曼 阿依古丽 库尔班 迪丽 热娜 亚森 艾合买提 沙吾提 巴哈尔 阿米娜 依明 伊力 木拉提 塔依尔 祖丽胡玛尔 哈斯木 达吾提 阿孜古丽 叶尔江 赛力克 加娜尔 别克 哈丽娅 阿布都拉 卡德尔 米热古丽 吾买尔".split(
    " ",
  );
const TIBETAN =
  "扎西 卓玛 次仁 顿珠 旦增 央金 平措 德吉 达瓦 尼玛 拉姆 多吉 边巴 洛桑 格桑 白玛 仁青 索朗 曲珍 贡布 强巴 普布 旺堆 罗布 措姆 才让 尕藏 桑杰 嘉措 卓嘎".split(
    " ",
  );
const MONGOLIAN =
  "巴特尔 其其格 乌云 苏日娜 那木拉 额尔敦 图雅 格日勒 宝音 斯琴 高娃 哈斯 朝鲁 阿古拉 萨仁 娜仁 布和 特木尔 呼和 吉日嘎拉 乌兰 孟根 达来 孟克 毕力格".split(
    " ",
  );

/** A name of one of the peoples whose names have no surname or a dot between their parts. */
export function minorityName(random: Random): string {
  return random.make([
    [4, (random) => `${random.pick(TURKIC)}·${random.pick(TURKIC)}`],
    [3, (random) => random.pick(TIBETAN) + random.pick(TIBETAN)],
    [2, (random) => random.pick(MONGOLIAN) + random.pick(MONGOLIAN)],
    [1, (random) => random.pick(MONGOLIAN)],
  ]);
}

const TRANSLITERATED =
  "约翰 玛丽 大卫 迈克尔 罗伯特 詹姆斯 安娜 伊丽莎白 彼得 保罗 卡洛斯 费尔南多 索菲亚 凯瑟琳 安德烈 伊万 尼古拉 汉斯 弗里茨 皮埃尔 让 马尔科 朱利奥 穆罕默德 艾哈迈德 哈桑 拉杰什 普里亚 阿米尔 奥马尔 史密斯 布朗 威廉姆斯 约翰逊 米勒 施密特 穆勒 杜邦 勒克莱尔 罗西 比安基 加西亚 罗德里格斯 桑托斯 伊万诺夫 彼得罗夫 科瓦廖夫 哈菲兹 古普塔 辛格 汤普森 安德森 哈里斯 克拉克 怀特 埃文斯 莱昂纳多 托马斯 卡特琳娜 阿列克谢 瓦西里".split(
    " ",
  );
const SYLLABLES =
  "阿 巴 贝 布 查 达 德 迪 多 埃 恩 法 菲 弗 戈 格 哈 赫 霍 基 卡 科 克 拉 莱 兰 勒 雷 里 列 林 卢 罗 马 曼 梅 米 莫 穆 纳 内 尼 诺 帕 佩 奇 萨 塞 森 沙 斯 苏 塔 泰 坦 特 托 瓦 维 沃 乌 西 希 夏 雅 扬 伊 泽 兹".split(
    " ",
  );
const JAPANESE_SURNAMES =
  "佐藤 铃木 高桥 田中 渡边 伊藤 中村 小林 山本 加藤 吉田 山口 松本 井上 木村 清水 藤原 石川 宫本 长谷川".split(
    " ",
  );
const JAPANESE_GIVEN =
  "太郎 健一 美咲 翔太 阳子 由美 直树 大辅 千夏 惠子 真一 和也 优子 雅美 浩二 良介 纯子 樱子".split(" ");

function transliteratedPart(random: Random): string {
  return random.chance(0.6)
    ? random.pick(TRANSLITERATED)
    : random.repeat(random.between(2, 5), (random) => random.pick(SYLLABLES));
}

/** A foreign name as Chinese writes it. */
export function foreignName(random: Random): string {
  return random.make([
    [6, (random) => `${transliteratedPart(random)}·${transliteratedPart(random)}`],
    [1, (random) => `${random.pick("ABCDEGHJKLMPRSTW")}·${transliteratedPart(random)}`],
    [2, transliteratedPart],
    [2, (random) => random.pick(JAPANESE_SURNAMES) + random.pick(JAPANESE_GIVEN)],
  ]);
}

const LATIN_GIVEN =
  "Kevin Lily Jason Amy Tony Grace Frank Helen Mike Cindy Leo Emma Jack Sophie Daniel Vivian Peter Alice Ryan Joyce Wei Min Xiaoming Jing Haoran Yan Lei Tao".split(
    " ",
  );
const LATIN_SURNAMES =
  "Wang Li Zhang Chen Liu Zhao Huang Wu Zhou Xu Smith Brown Miller Taylor Wilson Martin Garcia Müller Novak Rossi Tanaka Kim Park Nguyen".split(
    " ",
  );

/** A name in Latin letters, mostly both parts. */
export function latinName(random: Random): string {
  const given = random.pick(LATIN_GIVEN);
  const name = random.chance(0.7) ? `${given} ${random.pick(LATIN_SURNAMES)}` : given;
  return random.chance(0.1) ? name.toUpperCase() : name;
}

/** Any person's name, as running Chinese text has them. */
export function personName(random: Random): string {
  return random.make([
    [86, hanName],
    [4, minorityName],
    [7, foreignName],
    [3, latinName],
  ]);
}
