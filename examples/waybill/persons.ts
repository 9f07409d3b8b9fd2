import type { Weighted } from "./random.ts";
import type { World } from "./world.ts";

/** About in the order of how many people have them. */
const COMMON_SURNAMES =
  "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文";

/** The Hundred Family Surnames (百家姓, Song dynasty), and others of today. */
const SURNAMES =
  "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公仉督晋楚闫法汝鄢涂钦归海岳帅缑亢况有琴商牟佘佴伯赏墨哈谯笪年爱阳佟言福肖付覃植苟尧揭占谌税蹇但邸冼麦粟由圣区缐靖矫綦邝迟战原皇上官太";

const COMPOUND_SURNAMES =
  "万俟 司马 上官 欧阳 夏侯 诸葛 闻人 东方 赫连 皇甫 尉迟 公羊 澹台 公冶 宗政 濮阳 淳于 单于 太叔 申屠 公孙 仲孙 轩辕 令狐 钟离 宇文 长孙 慕容 鲜于 闾丘 司徒 司空 亓官 司寇 子车 颛孙 端木 巫马 公西 漆雕 乐正 壤驷 公良 拓跋 夹谷 宰父 谷梁 段干 百里 东郭 南门 呼延 羊舌 微生 梁丘 左丘 东门 西门 南宫 第五 独孤 纳兰 完颜 叶赫 那拉 爱新觉罗".split(
    " ",
  );

const GIVEN =
  "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰萍红玲建国志文秀梅海波宁福生龙元全胜学祥才发武新利清飞彬富顺信子昌成康星光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆民友裕河哲江浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士以家致树炎德行时泰盛雄琛钧冠策腾楠榕风航弘义兴良飞春雨欣怡涵梓萱诗琪语嫣梦洁璐婷慧雅倩宇轩俊熙睿皓然煜城子墨昊佳颖雪妍珊莎锦黛青倩娅柔竹霭凝晓欢霄枫芸菲寒伊亚宜可姬舒影荔枝丝秋月莉媛瑞凡嘉琼勤珍贞桃叶莲真环爱妹凤琳素云荣香莺瑾毓悦昭冰爽茜琰融园艺咏卿聪澜纯爰昕丹蓉眉君琴蕊薇菁荷苑珠翠巧彩一二大小金银长永延广正东立仁阳山石川水火木土鑫淼森焱晶桐彤紫羽希可心昱琦玥玮璇霖泓钰铭锋锐锴锡淑惠茹彦毅力卓越远迪帆凯健凌灵智辉炜烨灿晗晖晔芷若蕾菊";

const TITLES = "先生 女士 小姐 老师 经理 总 师傅 医生 主任 阿姨 大哥 姐 哥 叔 同学 老板".split(" ");

const TRANSLITERATED =
  "阿艾安奥巴白拜班保贝比别布才策查次达代丹德迪丁多娥尔嘎盖甘格古哈海赫呼吉加江金卡凯康克拉兰乐里丽林龙罗洛马玛麦曼米莫木穆那娜尼努帕普其齐恰仁萨赛桑沙提汗图土托旺维乌西夏扎珠孜卓依伊亚央雅尤玉扎则泽增";

const LATIN_GIVEN =
  "Alex Amy Anna Ben Bob Cathy Chen Cindy David Emma Eric Frank Grace Helen Ivy Jack James Jason Jenny Joy Kelly Ken Kevin Leo Lily Linda Lisa Lucy Mary Max Mike Nancy Oscar Peter Rose Sam Sara Steven Tina Tom Tony Vivian Wendy".split(
    " ",
  );

const LATIN_SURNAMES =
  "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Lin He Smith Brown Lee Wong Chan".split(
    " ",
  );

/** Who a waybill goes to. Most have a surname and a given name; the others are what people call themselves too. */
export function person(world: World): string {
  return world.random.weighted(PERSONS)(world);
}

const PERSONS: readonly Weighted<(world: World) => string>[] = [
  [78, (world) => surname(world) + given(world)],
  [5, (world) => world.random.pick(COMPOUND_SURNAMES) + given(world)],
  [4, (world) => surname(world) + world.random.pick(TITLES)],
  [2, (world) => surname(world) + surname(world) + given(world)],
  [6, oddWord],
  [2, nickname],
  [2, transliterated],
  [1, latin],
];

function surname({ random, unfamiliar }: World): string {
  return random.weighted<() => string>([
    [35, () => random.pick(COMMON_SURNAMES)],
    [62, () => random.pick(SURNAMES)],
    [3, () => unfamiliar.draw()],
  ])();
}

function given(world: World): string {
  const { random } = world;
  const first = givenCharacter(world);
  if (random.chance(0.22)) return first;
  return first + (random.chance(0.05) ? first : givenCharacter(world));
}

function givenCharacter({ random, everyday, unfamiliar, unknown }: World): string {
  return random.weighted<() => string>([
    [70, () => random.pick(GIVEN)],
    [20, () => random.pick(everyday)],
    [9.7, () => unfamiliar.draw()],
    [0.3, () => unknown.draw()],
  ])();
}

/** A word that is no name as such: a place's, or any characters. */
function oddWord({ random, everyday, placeNames }: World): string {
  if (random.chance(0.5)) return random.pick(placeNames);
  return Array.from({ length: random.between(2, 4) }, () => random.pick(everyday)).join("");
}

function nickname(world: World): string {
  const { random } = world;
  const called = givenCharacter(world);
  return random.weighted<() => string>([
    [3, () => random.pick("小阿老大") + called],
    [2, () => called + called],
    [1, () => called + random.pick(["哥", "姐", "妈", "爸", "宝", "儿", "妈妈", "爸爸"])],
    [1, () => random.pick("小阿老大") + surname(world) + random.pick(["", "同学", "哥", "姐"])],
  ])();
}

function transliterated({ random }: World): string {
  const word = () => Array.from({ length: random.between(2, 4) }, () => random.pick(TRANSLITERATED)).join("");
  return random.chance(0.6) ? `${word()}${random.pick("·•.")}${word()}` : word();
}

function latin({ random }: World): string {
  const given = random.pick(LATIN_GIVEN);
  const full = random.chance(0.5)
    ? `${given}${random.pick([" ", "", "."])}${random.pick(LATIN_SURNAMES)}`
    : given;
  return random.weighted([
    [2, full],
    [1, full.toLowerCase()],
    [1, full.toUpperCase()],
  ]);
}
