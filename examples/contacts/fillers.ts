import { anyHanzi } from "../made-up/hanzi.ts";
import { givenName, surname } from "../made-up/names.ts";
import { fullWidthDigits, landlineDigits, mobileDigits } from "../made-up/phones.ts";
import type { Random } from "../made-up/random.ts";
import { cityOf, region, shortCity } from "../made-up/regions.ts";
import { words } from "./grammar.ts";

const HAN_DIGITS = "一二三四五六七八九十";

export function date(random: Random): string {
  const year = random.between(1995, 2029);
  const month = random.between(1, 12);
  const day = random.between(1, 28);
  const two = (number: number) => String(number).padStart(2, "0");
  return random.weighted([
    [14, `${year}年${month}月${day}日`],
    [14, `${month}月${day}日`],
    [5, `${year}-${two(month)}-${two(day)}`],
    [4, `${year}/${month}/${day}`],
    [4, `${year}.${two(month)}.${two(day)}`],
    [4, `${year}年${month}月`],
    [4, `${year}年`],
    [3, `${month}.${day}`],
    [
      5,
      `${random.pick(["上", "下", "本", "这", ""])}${random.pick(["周", "星期", "礼拜"])}${random.pick("一二三四五六日")}`,
    ],
    [
      2,
      `${HAN_DIGITS[random.below(10)]}月${random.pick(["初", "十", "廿"])}${random.pick("一二三四五六七八九")}`,
    ],
    [3, `${month}月${day}日至${random.between(1, 12)}月${random.between(1, 28)}日`],
    [
      12,
      random.pick(
        words(
          "今天 昨天 明天 前天 后天 今年 去年 前不久 上个月 月底 年底 近日 日前 当天 次日 本周末 国庆期间 春节前 暑假 开学前 最近 那年夏天 一个月前 两年前 半夜",
        ),
      ),
    ],
  ]);
}

export function time(random: Random): string {
  const hour = random.between(0, 23);
  const minute = random.digits(1) === "0" ? "00" : `${random.between(0, 5)}${random.below(10)}`;
  return random.weighted([
    [5, `${hour}:${minute}`],
    [3, `${hour}：${minute}`],
    [
      3,
      `${random.pick(["上午", "下午", "晚上", "早上", "中午", "凌晨"])}${random.between(1, 12)}点${random.pick(["", "半", "钟", "一刻", "左右", `${random.between(5, 55)}分`])}`,
    ],
    [2, `${hour}时${random.chance(0.5) ? `${minute}分` : ""}`],
    [2, `${hour}:${minute}-${random.between(9, 23)}:00`],
    [2, `${random.pick(["上午", "下午", "晚上"])}${random.pick(HAN_DIGITS)}点`],
  ]);
}

export function money(random: Random): string {
  const amount = random.chance(0.5)
    ? random.between(1, 999)
    : random.between(1, 99) * 10 ** random.between(2, 5);
  return random.weighted([
    [8, `${amount}元`],
    [3, `${random.between(1, 9999)}.${random.digits(2)}元`],
    [2, `¥${amount}`],
    [2, `${random.between(1, 900)}万元`],
    [2, `${random.between(1, 90)}.${random.below(10)}亿元`],
    [2, `人民币${amount.toLocaleString("en-US")}元`],
    [2, `${amount}块${random.pick(["", "钱"])}`],
    [1, `${random.pick(HAN_DIGITS)}${random.pick("百千万")}元`],
    [1, `$${amount}`],
    [1, `${amount.toLocaleString("en-US")}.00`],
  ]);
}

export function count(random: Random): string {
  return random.weighted([
    [6, String(random.between(1, 30))],
    [3, String(random.between(30, 5000))],
    [
      3,
      random.pick(words("一 两 三 四 五 六 七 八 九 十 十几 二十 三十多 上百 几十 数百 几 好几 一千 两万")),
    ],
    [1, `${random.between(1, 99)}.${random.below(10)}`],
    [1, fullWidthDigits(String(random.between(1, 200)))],
  ]);
}

/** A number of an order, parcel or file: as long as a phone number, longer, or with letters. */
export function order(random: Random): string {
  const year = random.between(2015, 2029);
  return random.weighted([
    [5, random.digits(random.between(12, 20))],
    [
      4,
      `${year}${String(random.between(1, 12)).padStart(2, "0")}${String(random.between(1, 28)).padStart(2, "0")}${random.digits(random.between(3, 10))}`,
    ],
    [
      4,
      random.pick(["SF", "YT", "JD", "DD", "NO", "XS", "HT", "CG", "ZTO", "EMS", "A", "K", "BX"]) +
        random.digits(random.between(6, 13)),
    ],
    [2, `${random.pick("ABCDEFGHJK")}${random.digits(4)}-${random.digits(random.between(2, 6))}`],
    [2, random.digits(random.between(5, 8))],
    [1, `${random.digits(4)}-${random.digits(4)}-${random.digits(4)}`],
    [1, `〔${year}〕${random.between(1, 300)}号`],
    [1, `9${random.digits(10)}`],
    [1, `${random.digits(2)}-${random.digits(6)}-${random.digits(2)}`],
  ]);
}

export function identityCard(random: Random): string {
  const year = random.between(1950, 2015);
  const code = `${random.between(11, 65)}${random.digits(4)}`;
  const birthday = `${year}${String(random.between(1, 12)).padStart(2, "0")}${String(random.between(1, 28)).padStart(2, "0")}`;
  const end = random.digits(3) + random.pick("0123456789X");
  return random.weighted([
    [8, code + birthday + end],
    [1, `${code}********${end}`],
    [1, `${code} ${birthday} ${end}`],
  ]);
}

export function bankCard(random: Random): string {
  const digits =
    random.pick(["6222", "6217", "6228", "6225", "6230", "4367"]) + random.digits(random.pick([12, 15]));
  return random.chance(0.6) ? digits : digits.replace(/(.{4})(?=.)/gu, "$1 ");
}

const LATIN = "abcdefghijklmnopqrstuvwxyz";
const DOMAINS = words("example.com example.cn mail.example.com corp.example.net example.org shop.example.cn");

function handle(random: Random): string {
  return random.repeat(random.between(3, 9), (random) => random.pick(LATIN));
}

export function email(random: Random): string {
  const user = random.weighted([
    [5, handle(random)],
    [3, handle(random) + random.digits(random.between(2, 6))],
    [2, `${handle(random)}.${handle(random)}`],
    [2, random.digits(random.between(6, 10))],
  ]);
  return `${user}@${random.pick(DOMAINS)}`;
}

export function url(random: Random): string {
  return `${random.pick(["https://", "http://", "", "www."])}${random.pick(DOMAINS)}${random.chance(0.5) ? `/${handle(random)}` : ""}${random.chance(0.2) ? `?id=${random.digits(6)}` : ""}`;
}

/** An account's number or name on a messenger, which is no phone number. */
export function account(random: Random): string {
  return random.weighted([
    [5, random.pick("123456789") + random.digits(random.between(5, 9))],
    [3, handle(random) + random.digits(random.between(0, 5))],
    [1, `${handle(random)}_${random.digits(2)}`],
    [1, `wxid_${handle(random)}${random.digits(3)}`],
  ]);
}

/** A code or number that is neither a phone's nor an order's. */
export function code(random: Random): string {
  const letter = random.pick("ABCDEFGHJKLMN");
  return random.weighted([
    [3, random.digits(4)],
    [3, random.digits(6)],
    [2, `${letter}${random.digits(random.between(2, 4))}`],
    [2, `${random.pick("GDKTZC")}${random.digits(random.between(2, 4))}`],
    [2, `${random.pick(["CA", "MU", "CZ", "HU", "3U"])}${random.digits(4)}`],
    [2, `${random.pick("京沪浙苏粤川鲁豫湘鄂闽皖")}${letter}${random.digits(5)}`],
    [2, `${random.between(1, 9)}.${random.below(20)}.${random.below(20)}`],
    [2, `192.168.${random.below(255)}.${random.below(255)}`],
    [1, `${random.between(1, 5)}-${random.between(1, 5)}`],
    [1, `${random.between(100, 999)}*${random.between(100, 999)}mm`],
    [1, `ISBN ${random.digits(3)}-${random.digits(10)}`],
    [1, `N${random.between(18, 50)}.${random.digits(4)}`],
  ]);
}

/** A public service's number, which is nobody's own. */
export function publicNumber(random: Random): string {
  return random.pick(
    words(
      "110 119 120 122 114 12345 12315 12306 12333 12366 12348 12320 10086 10010 10000 11183 95588 95533 95599 95555 96110 12123 12328 123 10690 95338",
    ),
  );
}

/** A room by itself: where in a building, not where on earth. */
export function roomOnly(random: Random): string {
  return random.weighted([
    [
      4,
      `${random.between(1, 20)}0${random.between(1, 9)}${random.pick(["室", "会议室", "办公室", "教室", "房间", "包厢", ""])}`,
    ],
    [3, `${random.between(1, 12)}楼${random.pick(["大厅", "会议室", "东侧", "", "多功能厅", "服务台"])}`],
    [2, `${random.between(1, 20)}号楼`],
    [
      2,
      `${random.pick("ABCD")}区${random.between(1, 40)}号${random.pick(["窗口", "柜台", "展位", "摊位", "车位"])}`,
    ],
    [1, `${random.between(1, 20)}号楼${random.between(1, 5)}单元`],
    [1, `第${random.pick(HAN_DIGITS)}会议室`],
    [1, `${random.between(1, 9)}号门`],
  ]);
}

const TITLES = words(
  "经理 总 老师 先生 女士 小姐 师傅 医生 主任 大夫 律师 教练 阿姨 叔叔 大爷 大妈 同学 工 队 队长 处长 科长 局长 校长 院长 书记 会计 秘书 助理 警官 法官 博士 教授 老板 老板娘 哥 姐 奶奶 爷爷 太太 夫人 导 导游 店长 组长 村长 厂长 司机 护士 顾问 同志 某 某某 家 家长 氏",
);

/** 张经理, 小王, 老李, 欧阳老师: a surname that names no one in particular. */
export function addressed(random: Random): string {
  return random.make([
    [70, (random) => surname(random) + random.pick(TITLES)],
    [12, (random) => `小${surname(random)[0]}`],
    [10, (random) => `老${surname(random)[0]}`],
    [3, (random) => `阿${givenName(random).at(-1)}`],
    [
      3,
      (random) =>
        `${surname(random)[0]}${random.pick(["大", "小", "老", "二"])}${random.pick(["哥", "姐", "爷", "妹"])}`,
    ],
    [2, (random) => `${random.pick("ABCDXYZ")}${random.pick(["先生", "女士", "某"])}`],
  ]);
}

/** A word that no dictionary has, so that the model meets characters that no pattern holds. */
export function rareWord(random: Random): string {
  return random.repeat(
    random.weighted([
      [7, 2],
      [2, 3],
      [2, 4],
      [1, 1],
    ]),
    anyHanzi,
  );
}

const PUBLIC_PLACES = words(
  "西湖 东湖 长江 黄河 泰山 黄山 长城 故宫 外滩 天安门 火车站 高铁站 南站 东站 机场 汽车站 地铁站 人民公园 森林公园 市中心 老城区 开发区 大学城 步行街 万达广场 体育馆 图书馆 博物馆 展览馆 菜市场 停车场 服务区 郊区 乡下 山里 海边 村口 校门口 楼下 隔壁 国外 美国 日本 韩国 法国 德国 英国 俄罗斯 泰国 新加坡 澳大利亚 加拿大 巴西 印度 非洲 欧洲 东南亚 香港 澳门 台湾 江南 华东 华北 东北 西部 长三角 珠三角 纽约 伦敦 巴黎 东京 莫斯科 柏林 首尔 曼谷",
);

/** A well-known or common place by name; no address. */
export function publicPlace(random: Random): string {
  return random.chance(0.8) ? random.pick(PUBLIC_PLACES) : shortCity(cityOf(region(random)));
}

/** Digits as people break them up to hide them: no number that one could dial. */
export function maskedPhone(random: Random): string {
  const digits = mobileDigits(random);
  return random.weighted([
    [4, `${digits.slice(0, 3)}****${digits.slice(7)}`],
    [1, `${digits.slice(0, 3)}xxxx${digits.slice(7)}`],
    [1, `尾号${digits.slice(7)}`],
    [1, `${landlineDigits(random, "010").slice(0, 4)}****`],
  ]);
}
