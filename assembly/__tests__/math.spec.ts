import { exp, gelu, maxLanes, sumLanes } from "../math";

describe("exp", () => {
  it("is 1 at 0, 1/e at −1 and 0 where the result would be denormal", () => {
    const e = exp(f32x4(0, -1, -100, -Infinity));
    expect(f32x4.extract_lane(e, 0)).toBe(1);
    expect(f32x4.extract_lane(e, 1)).toBeCloseTo(0.36787944, 7);
    expect(f32x4.extract_lane(e, 2)).toBe(0);
    expect(f32x4.extract_lane(e, 3)).toBe(0);
  });

  it("keeps NaN", () => {
    expect(f32x4.extract_lane(exp(f32x4.splat(NaN)), 0)).toBeNaN();
  });
});

describe("gelu", () => {
  it("is Φ(1) at 1, 0 at 0, and nothing or all of x far from 0", () => {
    const g = gelu(f32x4(1, 0, -30, 30));
    expect(f32x4.extract_lane(g, 0)).toBeCloseTo(0.84134475, 6);
    expect(f32x4.extract_lane(g, 1)).toBe(0);
    expect(f32x4.extract_lane(g, 2)).toBe(-0.0);
    expect(f32x4.extract_lane(g, 3)).toBe(30);
  });
});

describe("lanes", () => {
  it("add up, and have a largest", () => {
    expect(sumLanes(f32x4(1, 2, 4, 8))).toBe(15);
    expect(maxLanes(f32x4(-4, -2, -1, -3))).toBe(-1);
    expect(maxLanes(f32x4(-4, -2, NaN, -3))).toBeNaN();
  });
});
