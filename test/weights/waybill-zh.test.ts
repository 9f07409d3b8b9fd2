import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { pipeline } from "../../src/index.node.ts";
import { electraEdge, MADE_UP, REAL } from "../cli/electra-edge.ts";
import { SAMPLE } from "../runtimes/sample.ts";

const SHIPPED = fileURLToPath(new URL("../../weights/waybill-zh.safetensors", import.meta.url));

async function f1(data: string): Promise<number> {
  const { code, stdout, stderr } = await electraEdge(["evaluate", SHIPPED, "--data", data, "--json"]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout).f1;
}

describe("the shipped waybill model", () => {
  test("holds its F1 on waybills of another generator", async () => {
    const score = await f1(MADE_UP);
    assert(score >= 0.99, `${score}`);
  });

  test("holds its F1 on real waybills, which it never saw", async (t) => {
    if (!existsSync(REAL)) return t.skip("../shared/data is absent");
    const score = await f1(REAL);
    assert(score >= 0.98, `${score}`);
  });

  test("finds the fields however they are written", async (t) => {
    const tag = await pipeline("token-classification", SHIPPED);
    t.after(() => tag.dispose());
    for (const [text, fields] of [
      [SAMPLE, "张三 18600009172 广东省 深圳市 南山区 八马路与东平行路交叉口北40米"],
      [
        "收件人：李晓燕，电话：0571-28833999，地址：浙江省杭州市滨江区星光大道88号3幢2单元501室",
        "李晓燕 0571-28833999 浙江省 杭州市 滨江区 星光大道88号3幢2单元501室",
      ],
      [
        "四川省 绵阳市 三台县 芦溪镇建设路5号 欧阳明 138-0013-8000",
        "四川省 绵阳市 三台县 芦溪镇建设路5号 欧阳明 138-0013-8000",
      ],
      [
        "北京市海淀区学院路7号\n收货人: 周建国\nTEL: +8613800138000",
        "北京市 海淀区 学院路7号 周建国 +8613800138000",
      ],
      [
        "王女士１３８００１３８０００南京市鼓楼区汉口路２２号",
        "王女士 １３８００１３８０００ 南京市 鼓楼区 汉口路２２号",
      ],
    ] as const) {
      const found = (await tag(text)).map(({ word }) => word).join(" ");
      assert.equal(found, fields);
    }
  });
});
