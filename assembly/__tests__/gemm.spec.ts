import { GELU, IDENTITY } from "../activation";
import { gemm, packedInputBytes, packedWeightBytes, packInputs, packWeightRow } from "../gemm";
import { at, put } from "./values";

const INPUTS = memory.data(64);
const PACKED = memory.data(256);
const ROW = memory.data(64);
const WEIGHTS = memory.data(256);
const BIAS = memory.data(32);
const RESIDUAL = memory.data(64);
const OUT = memory.data(64);

describe("gemm", () => {
  beforeEach(() => {
    memory.fill(WEIGHTS, 0, 256);
    memory.fill(BIAS, 0, 32);
  });

  it("takes whole panels of four input rows and eight weight rows", () => {
    expect(packedInputBytes(5, 3)).toBe(8 * 3 * 4);
    expect(packedWeightBytes(9, 3)).toBe(16 * 3 * 4);
  });

  it("multiplies by the transposed weights, adds the bias, then the residual", () => {
    put(INPUTS, [1, 2]);
    packInputs(INPUTS, 1, 2, 2, PACKED);
    put(ROW, [3, 4, 5, 6, 7, 8]);
    for (let row = 0; row < 3; row++) packWeightRow(ROW + ((<usize>row) << 3), 2, row, WEIGHTS);
    put(BIAS, [1, 0, -1]);
    gemm(PACKED, WEIGHTS, BIAS, 0, OUT, 1, 3, 2, 3, IDENTITY);
    expect(at(OUT, 0)).toBe(12); // 1 · 3 + 2 · 4 + 1
    expect(at(OUT, 1)).toBe(17);
    expect(at(OUT, 2)).toBe(22);
    put(RESIDUAL, [10, 20, 30]);
    gemm(PACKED, WEIGHTS, 0, RESIDUAL, OUT, 1, 3, 2, 3, IDENTITY);
    expect(at(OUT, 0)).toBe(21);
    expect(at(OUT, 1)).toBe(37);
    expect(at(OUT, 2)).toBe(53);
  });

  it("applies GELU between bias and residual, and leaves what lies between rows alone", () => {
    put(INPUTS, [1, -1]);
    packInputs(INPUTS, 2, 1, 1, PACKED);
    put(ROW, [1]);
    packWeightRow(ROW, 1, 0, WEIGHTS);
    put(RESIDUAL, [2, 0, 2, 0]);
    put(OUT, [42, 42, 42, 42]);
    gemm(PACKED, WEIGHTS, BIAS, RESIDUAL, OUT, 2, 1, 1, 2, GELU);
    expect(at(OUT, 0)).toBeCloseTo(2.8413447, 6);
    expect(at(OUT, 1)).toBe(42);
    expect(at(OUT, 2)).toBeCloseTo(1.8413447, 6);
    expect(at(OUT, 3)).toBe(42);
  });
});
