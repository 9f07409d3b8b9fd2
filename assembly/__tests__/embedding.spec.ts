import { embed, embedInt8 } from "../embedding";
import { at, put } from "./values";

const IDS = memory.data<i32>([2, 0]);
const TYPES = memory.data<i32>([0, 1]);
const WORDS = memory.data(64);
const WORDS_INT8 = memory.data<i8>([1, 2, 3, 4, 5, 0, 0, 0, 0, 0, -1, 2, 3, 4, 127]);
const SCALES = memory.data<f32>([2, 1, 0.5]);
const POSITIONS = memory.data(64);
const TYPE_TABLE = memory.data(64);
const OUT = memory.data(64);

describe("embed", () => {
  it("adds a token's word, position and type", () => {
    put(WORDS, [1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 10, 20, 30, 40, 50]);
    put(POSITIONS, [100, 100, 100, 100, 100, 200, 200, 200, 200, 200]);
    put(TYPE_TABLE, [1000, 1000, 1000, 1000, 1000, 2000, 2000, 2000, 2000, 2000]);
    embed(IDS, TYPES, WORDS, POSITIONS, TYPE_TABLE, OUT, 2, 5);
    expect(at(OUT, 0)).toBe(1110);
    expect(at(OUT, 4)).toBe(1150);
    expect(at(OUT, 5)).toBe(2201);
    expect(at(OUT, 9)).toBe(2205);
  });
});

describe("embedInt8", () => {
  it("multiplies a word's integers by the scale of its row", () => {
    put(POSITIONS, [100, 100, 100, 100, 100, 200, 200, 200, 200, 200]);
    put(TYPE_TABLE, [1000, 1000, 1000, 1000, 1000, 2000, 2000, 2000, 2000, 2000]);
    embedInt8(IDS, TYPES, WORDS_INT8, SCALES, POSITIONS, TYPE_TABLE, OUT, 2, 5);
    expect(at(OUT, 0)).toBe(1099.5);
    expect(at(OUT, 4)).toBe(1163.5);
    expect(at(OUT, 5)).toBe(2202);
    expect(at(OUT, 9)).toBe(2210);
  });
});
