import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { pipeline } from "../../src/index.node.ts";

const shipped = (name: string) =>
  fileURLToPath(new URL(`../../weights/electra-tiny-zh-${name}.safetensors`, import.meta.url));

const SENTENCES = [
  "这座城市位于河流的北岸，人口约有三十万人。",
  "该公司成立于1998年，总部设在海边的一个小镇。",
  "他从小喜欢音乐，后来成为一名有名的作曲家。",
  "这种植物生长在高山上，每年夏天开白色的花。",
  "战争结束以后，两国的关系逐渐得到改善。",
  "学校共有四个学院，学生来自全国各地。",
];

/** How often one of the first is larger than one of the second, a tie counting half. */
function areaUnderCurve(positives: readonly number[], negatives: readonly number[]): number {
  let wins = 0;
  for (const positive of positives) {
    for (const negative of negatives) wins += positive > negative ? 1 : positive === negative ? 0.5 : 0;
  }
  return wins / (positives.length * negatives.length);
}

describe("the shipped pre-trained models", () => {
  test("the discriminator tells characters that were put in other ones' place", async (t) => {
    const detect = await pipeline("replaced-token-detection", shipped("discriminator"));
    t.after(() => detect.dispose());
    const [replaced, original]: [number[], number[]] = [[], []];
    for (const [i, sentence] of SENTENCES.entries()) {
      const foreign = SENTENCES[(i + 1) % SENTENCES.length]!;
      for (let at = 2; at < sentence.length; at += 5) {
        const text = sentence.slice(0, at) + foreign[at % foreign.length] + sentence.slice(at + 1);
        if (text === sentence) continue;
        for (const { start, score } of await detect(text)) (start === at ? replaced : original).push(score);
      }
    }
    assert.ok(replaced.length >= 20);
    const area = areaUnderCurve(replaced, original);
    assert.ok(area > 0.6, `the area under the ROC curve is ${area}`);
  });

  test("the generator fills masks with characters that are common there", async (t) => {
    const fill = await pipeline("fill-mask", shipped("generator"));
    t.after(() => fill.dispose());
    const filled = await fill("该公司成立于19[MASK]8年，总部设在海边。", { top_k: 5 });
    assert.ok(
      filled.some(({ token_str }) => /^\d$/.test(token_str)),
      JSON.stringify(filled),
    );
  });
});
