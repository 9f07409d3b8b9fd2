import { matmul, matmulScratchBytes, packColumns, packColumnsBytes } from "../train/matmul";
import { at, put } from "./values";

const A = memory.data(64);
const B = memory.data(64);
const BIAS = memory.data(16);
const OUT = memory.data(64);
const PACKED = memory.data(256);
const SCRATCH = memory.data(4096);

/** [2, 2] by [2, 2], each as it lies or transposed. */
function product(transposeA: i32, transposeB: i32, bias: usize, accumulate: i32): void {
  packColumns(B, 2, transposeB, PACKED, 2, 2, 0, 0, 1);
  matmul(A, 2, transposeA, PACKED, bias, OUT, 2, accumulate, 2, 2, 2, SCRATCH, 0, 1);
}

function expectProduct(a: f32, b: f32, c: f32, d: f32): void {
  expect(at(OUT, 0)).toBe(a);
  expect(at(OUT, 1)).toBe(b);
  expect(at(OUT, 2)).toBe(c);
  expect(at(OUT, 3)).toBe(d);
  expect(at(OUT, 4)).toBe(42);
}

describe("matmul", () => {
  beforeEach(() => {
    put(A, [1, 2, 3, 4]);
    put(B, [5, 6, 7, 8]);
    put(OUT, [100, 200, 300, 400, 42]);
  });

  it("has room for what it packs", () => {
    expect(packColumnsBytes(2, 2)).toBeLessThanOrEqual(256);
    expect(matmulScratchBytes(2, 2)).toBeLessThanOrEqual(4096);
  });

  it("multiplies in every orientation", () => {
    product(0, 0, 0, 0);
    expectProduct(19, 22, 43, 50);
    product(1, 0, 0, 0);
    expectProduct(26, 30, 38, 44);
    product(0, 1, 0, 0);
    expectProduct(17, 23, 39, 53);
    product(1, 1, 0, 0);
    expectProduct(23, 31, 34, 46);
  });

  it("adds a bias to each row, and to what is there", () => {
    put(BIAS, [1000, 2000]);
    product(0, 0, BIAS, 0);
    expectProduct(1019, 2022, 1043, 2050);
    product(0, 0, BIAS, 1);
    expectProduct(2038, 4044, 2086, 4100);
  });

  it("takes one row, and more columns than a panel has", () => {
    put(A, [2, 3]);
    put(B, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]); // [1, 10]: only the first value of the row above counts
    packColumns(B, 10, 0, PACKED, 10, 1, 0, 0, 2);
    matmul(A, 1, 0, PACKED, 0, OUT, 10, 0, 1, 10, 1, SCRATCH, 0, 1);
    for (let i = 0; i < 10; i++) expect(at(OUT, i)).toBe(2 * <f32>(i + 1));
  });
});
