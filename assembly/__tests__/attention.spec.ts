import { attention, attentionScratchBytes } from "../attention";
import { at, put } from "./values";

const INPUT = memory.data(128);
const CONTEXT = memory.data(64);
const SCRATCH = memory.data(4096);
const LN3 = <f32>Math.log(3);

describe("attention", () => {
  it("lets each head weigh its own values by its own queries and keys", () => {
    expect(attentionScratchBytes(2, 1)).toBeLessThanOrEqual(4096);
    //          queries  keys     values
    put(INPUT, [0, 1, /**/ 9, 0, /**/ 4, 10, 0, 0, /**/ -5, LN3, /**/ 8, 20]);
    attention(INPUT, CONTEXT, SCRATCH, 2, 2, 1);
    expect(at(CONTEXT, 0)).toBeCloseTo(6, 5); // a query of 0 takes the average
    expect(at(CONTEXT, 1)).toBeCloseTo(17.5, 5); // ¼ · 10 + ¾ · 20
    expect(at(CONTEXT, 2)).toBeCloseTo(6, 5);
    expect(at(CONTEXT, 3)).toBeCloseTo(15, 5);
  });

  it("divides scores by the root of the head's size", () => {
    put(INPUT, [
      2,
      0,
      0,
      0,
      /**/ 0,
      0,
      0,
      0,
      /**/ 4,
      0,
      0,
      1,
      0,
      0,
      0,
      0,
      /**/ LN3,
      0,
      0,
      0,
      /**/ 8,
      0,
      4,
      1,
    ]);
    attention(INPUT, CONTEXT, SCRATCH, 2, 1, 4);
    expect(at(CONTEXT, 0)).toBeCloseTo(7, 5); // 2 ln 3 / √4 = ln 3: ¼ · 4 + ¾ · 8
    expect(at(CONTEXT, 1)).toBeCloseTo(0, 5);
    expect(at(CONTEXT, 2)).toBeCloseTo(3, 5);
    expect(at(CONTEXT, 3)).toBeCloseTo(1, 5);
  });
});
