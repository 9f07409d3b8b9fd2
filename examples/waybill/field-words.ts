import type { World } from "./world.ts";

export type FieldKind = "person" | "phone" | "address";

const words = (list: string) => list.split(" ");

const FIELD_WORDS: Readonly<Record<FieldKind, readonly string[]>> = {
  person: words(
    "收件人 收件人 收货人 收货人 收件人姓名 收货人姓名 姓名 姓名 名字 联系人 联系人 收 收方 收件方 客户 客户姓名 买家 顾客 寄件人 发件人 人名 称呼 收货 接收人 签收人 取件人 name Name 收件人名字 用户",
  ),
  phone: words(
    "电话 电话 手机 手机 手机号 手机号码 联系电话 联系电话 联系方式 电话号码 联系手机 收件人电话 收货人电话 收货电话 固话 座机 号码 联系号码 tel TEL Tel tel. Tel. TEL. phone Phone 本人电话 手机/电话 ☎ mobile",
  ),
  address: words(
    "地址 地址 地址 收货地址 收货地址 收件地址 收件地址 详细地址 详细地址 邮寄地址 送货地址 寄送地址 配送地址 联系地址 家庭住址 住址 家庭地址 公司地址 单位地址 所在地区 所在地址 送至 送到 寄到 寄至 寄往 寄给 发到 发往 送往 发货至 快递到 目的地 address Address add 收货人地址 收件人地址 地点",
  ),
};

/** The word before a field, with what leads from it to the field. */
export function fieldWord({ random, everyday }: World, field: FieldKind, colon: string): string {
  if (random.chance(0.04)) {
    // No list has every word that a form may use; that one ends in a colon tells it.
    return (
      Array.from({ length: random.between(2, 4) }, () => random.pick(everyday)).join("") + random.pick("：:")
    );
  }
  const word = random.pick(FIELD_WORDS[field]);
  const bracketed = random.chance(0.03) ? random.pick([`【${word}】`, `[${word}]`, `(${word})`]) : word;
  return bracketed + colon;
}

const SEPARATORS = [
  ...[" ", " ", " ", "  ", "  ", "   ", "\u3000"],
  ...[",", ",", "，", "，", ", ", "， ", "、", "。", "；", ";", "; ", ". "],
  ...["/", " / ", "|", "||", " | ", "\\", "-", " - ", "--", "——", "_", "·", "~", "+", "*", "#"],
];

/** What stands between two fields. */
export function separator({ random, unnamed }: World): string {
  // A line break can't be in a line of a file: what no vocabulary has stands for it, as it does for the model.
  if (random.chance(0.06)) return unnamed.draw();
  return random.pick(SEPARATORS);
}

const REMARKS = words(
  "谢谢 谢谢！ 麻烦了 尽快发货 请尽快发货 急件 易碎品 轻拿轻放 到付 不要发邮政 发顺丰 周末送货 工作日送货 送货上门 放门口就行 放快递柜 请放驿站 到了打电话 送前打电话 电话联系 不要放快递柜 本人签收 默认地址 新地址 备注：小心轻放 备注：晚上送 红色一件 共2件 1箱 三盒 x1 *2 [默认] 快递 订单",
);

/** What is on a waybill beside the fields. */
export function remark({ random }: World): string {
  if (random.chance(0.4)) {
    return `${random.pick(["邮编", "邮编", "邮政编码", "编码"])}${random.pick(["：", ":", " ", ""])}${random.digits(6)}`;
  }
  return random.pick(REMARKS);
}
