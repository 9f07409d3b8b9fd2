import { scoreStride, softmax } from "../softmax";
import { at, put } from "./values";

const X = memory.data(64);

describe("softmax", () => {
  it("gives equal scores equal shares, whatever their size", () => {
    put(X, [3e38, 3e38, 3e38, 3e38, 3e38]);
    softmax(X, 1, 5, 5, 1);
    for (let i = 0; i < 5; i++) expect(at(X, i)).toBeCloseTo(0.2, 6);
  });

  it("scales the scores, row by row, and leaves what lies between rows alone", () => {
    put(X, [0, <f32>Math.log(9), 42, <f32>Math.log(9), 0, 42]);
    softmax(X, 2, 2, 3, 0.5);
    expect(at(X, 0)).toBeCloseTo(0.25, 6);
    expect(at(X, 1)).toBeCloseTo(0.75, 6);
    expect(at(X, 2)).toBe(42);
    expect(at(X, 3)).toBeCloseTo(0.75, 6);
    expect(at(X, 4)).toBeCloseTo(0.25, 6);
    expect(at(X, 5)).toBe(42);
  });

  it("lays rows of scores whole output tiles apart, and no more", () => {
    for (let columns = 1; columns <= 8; columns++) expect(scoreStride(columns)).toBe(8);
    for (let columns = 9; columns <= 16; columns++) expect(scoreStride(columns)).toBe(16);
  });
});
