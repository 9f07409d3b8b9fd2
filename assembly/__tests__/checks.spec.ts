import { areWithin, includesLowestInt8 } from "../checks";

const INTEGERS = memory.data<i8>([127, 0, -127, -128]);
const FLOATS = memory.data<f32>([1, 2, 0.5, 3, 2.5, -1, Infinity, NaN, 0, 3.5]);

describe("includesLowestInt8", () => {
  it("finds the one value that weights may not have", () => {
    expect(includesLowestInt8(INTEGERS, 3)).toBe(false);
    expect(includesLowestInt8(INTEGERS, 4)).toBe(true);
  });
});

describe("areWithin", () => {
  it("takes what lies between two bounds, or is one of them", () => {
    expect(areWithin(FLOATS, 5, 0.5, 3)).toBe(true);
    for (let i: usize = 5; i < 10; i++) expect(areWithin(FLOATS + (i << 2), 1, 0.5, 3)).toBe(false);
  });
});
