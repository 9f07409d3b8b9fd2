import { activate, activationDerivative, GELU, GELU_NEW, RELU, TANH } from "../activation";

function curveAt(x: f32, activation: i32): f32 {
  return f32x4.extract_lane(activate(f32x4.splat(x), activation), 2);
}

function slopeAt(x: f32, activation: i32): f32 {
  return f32x4.extract_lane(activationDerivative(f32x4.splat(x), activation), 1);
}

describe("activations", () => {
  it("are gelu_new, relu and tanh", () => {
    expect(curveAt(1, GELU_NEW)).toBeCloseTo(0.841192, 6);
    expect(curveAt(-1, GELU_NEW)).toBeCloseTo(-0.158808, 6);
    expect(curveAt(3, RELU)).toBe(3);
    expect(curveAt(-3, RELU)).toBe(0);
    expect(curveAt(0.5, TANH)).toBeCloseTo(0.462117, 6);
    expect(curveAt(-20, TANH)).toBe(-1);
  });

  it("have these slopes", () => {
    expect(slopeAt(0, GELU)).toBeCloseTo(0.5, 6);
    expect(slopeAt(1, GELU_NEW)).toBeCloseTo(1.082964, 6);
    expect(slopeAt(-1, GELU_NEW)).toBeCloseTo(-0.082964, 6);
    expect(slopeAt(2, RELU)).toBe(1);
    expect(slopeAt(0, RELU)).toBe(0);
    expect(slopeAt(0.5, TANH)).toBeCloseTo(0.786448, 6);
  });
});
