import { arePositive, includesLowestInt8 } from "../checks";

const INTEGERS = memory.data<i8>([127, 0, -127, -128]);
const FLOATS = memory.data<f32>([1, 2, 1e-30, 3e38, 0.5, -1, Infinity, NaN, 0]);

describe("includesLowestInt8", () => {
  it("finds the one value that weights may not have", () => {
    expect(includesLowestInt8(INTEGERS, 3)).toBe(false);
    expect(includesLowestInt8(INTEGERS, 4)).toBe(true);
  });
});

describe("arePositive", () => {
  it("takes what is above zero and finite", () => {
    expect(arePositive(FLOATS, 5)).toBe(true);
    for (let i: usize = 5; i < 9; i++) expect(arePositive(FLOATS + (i << 2), 1)).toBe(false);
  });
});
