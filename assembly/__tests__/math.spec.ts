import { exp, gelu, maxLanes, sigmoid, sumLanes, tanh } from "../math";

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

describe("sigmoid and tanh", () => {
  it("are odd about 1/2 and 0, and flat far from 0", () => {
    const s = sigmoid(f32x4(0, 1, -1, -200));
    expect(f32x4.extract_lane(s, 0)).toBe(0.5);
    expect(f32x4.extract_lane(s, 1)).toBeCloseTo(0.7310586, 6);
    expect(f32x4.extract_lane(s, 2)).toBeCloseTo(0.2689414, 6);
    expect(f32x4.extract_lane(s, 3)).toBe(0);
    const t = tanh(f32x4(0, 1, -0.25, -200));
    expect(f32x4.extract_lane(t, 0)).toBe(0);
    expect(f32x4.extract_lane(t, 1)).toBeCloseTo(0.7615942, 6);
    expect(f32x4.extract_lane(t, 2)).toBeCloseTo(-0.2449187, 6);
    expect(f32x4.extract_lane(t, 3)).toBe(-1);
  });

  it("keep NaN, and tanh what is tiny", () => {
    expect(f32x4.extract_lane(sigmoid(f32x4.splat(NaN)), 0)).toBeNaN();
    expect(f32x4.extract_lane(tanh(f32x4.splat(NaN)), 0)).toBeNaN();
    expect(f32x4.extract_lane(tanh(f32x4.splat(1e-30)), 0)).toBe(1e-30);
  });
});

describe("lanes", () => {
  it("add up, and have a largest", () => {
    expect(sumLanes(f32x4(1, 2, 4, 8))).toBe(15);
    expect(maxLanes(f32x4(-4, -2, -1, -3))).toBe(-1);
    expect(maxLanes(f32x4(-4, -2, NaN, -3))).toBeNaN();
  });
});
