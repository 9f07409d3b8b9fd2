import { attentionInteger, attentionIntegerHeads, attentionIntegerScratchBytes } from "../attention-integer";
import { at, put } from "./values";

const INPUT = memory.data(128);
const CONTEXT = memory.data(64);
const SCRATCH = memory.data(1024);
const LN3 = <f32>Math.log(3);

describe("attentionInteger", () => {
  it("lets each head weigh its own values by its own queries and keys", () => {
    expect(attentionIntegerScratchBytes(2, 1)).toBeLessThanOrEqual(1024);
    //          queries  keys     values
    put(INPUT, [0, 1, /**/ 9, 0, /**/ 4, 10, 0, 0, /**/ -5, LN3, /**/ 8, 20]);
    attentionInteger(INPUT, CONTEXT, SCRATCH, 2, 2, 1);
    expect(at(CONTEXT, 0)).toBeCloseTo(6, 2); // a query of 0 takes the average
    expect(at(CONTEXT, 1)).toBeCloseTo(17.5, 2); // ¼ · 10 + ¾ · 20
    expect(at(CONTEXT, 2)).toBeCloseTo(6, 2);
    expect(at(CONTEXT, 3)).toBeCloseTo(15, 2);
  });

  it("works on the heads that it is given and leaves the others alone", () => {
    put(INPUT, [0, 1, /**/ 9, 0, /**/ 4, 10, 0, 0, /**/ -5, LN3, /**/ 8, 20]);
    put(CONTEXT, [42, 42, 42, 42]);
    attentionIntegerHeads(INPUT, CONTEXT, SCRATCH, 2, 2, 1, 1, 2);
    expect(at(CONTEXT, 0)).toBe(42);
    expect(at(CONTEXT, 1)).toBeCloseTo(17.5, 2);
    expect(at(CONTEXT, 2)).toBe(42);
  });
});
