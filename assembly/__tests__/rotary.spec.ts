import { rotary } from "../rotary";
import { at, put } from "./values";

const X = memory.data(64);
const POSITIONS = memory.data<i32>([1, 0]);
const TABLE = memory.data(64);

describe("rotary", () => {
  it("turns pairs by the angles of the row's position, and leaves later columns alone", () => {
    // Position 0 turns nothing; position 1 turns the three pairs by a quarter, a half and not at all.
    put(TABLE, [0, 0, 0, 1, 1, 1, 1, 0, 0, 0, -1, 1]);
    put(X, [1, 2, 3, 4, 5, 6, 7, 10, 20, 30, 40, 50, 60, 70]);
    rotary(X, POSITIONS, TABLE, 2, 7, 6, 6, 1);
    const turned: StaticArray<f32> = [-2, 1, -3, -4, 5, 6, 7, 10, 20, 30, 40, 50, 60, 70];
    for (let i = 0; i < 14; i++) expect(at(X, i)).toBe(turned[i]);
    rotary(X, POSITIONS, TABLE, 2, 7, 6, 6, -1);
    expect(at(X, 0)).toBe(1);
    expect(at(X, 1)).toBe(2);
  });
});
