import { widenHalves } from "../half";
import { at } from "./values";

const HALVES = memory.data<u16>([0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfc00, 0x8000, 0x7e00]);
const FLOATS = memory.data(32);

describe("widenHalves", () => {
  it("is exact, from the smallest denormal to infinity", () => {
    widenHalves(HALVES, 8, FLOATS);
    expect(at(FLOATS, 0)).toBe(1);
    expect(at(FLOATS, 1)).toBe(-2);
    expect(at(FLOATS, 2)).toBe(1.0 / 16777216.0); // 2⁻²⁴
    expect(at(FLOATS, 3)).toBe(65504);
    expect(at(FLOATS, 4)).toBe(Infinity);
    expect(at(FLOATS, 5)).toBe(-Infinity);
    expect(reinterpret<u32>(at(FLOATS, 6))).toBe(0x80000000); // −0
    expect(at(FLOATS, 7)).toBeNaN();
  });
});
