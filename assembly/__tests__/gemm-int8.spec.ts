import { IDENTITY } from "../activation";
import { gemmInt8, quantizedInputBytes, quantizeInputs } from "../gemm-int8";
import { packedInt8WeightBytes, packInt8WeightRows, packInt8WeightScales } from "../weights-int8";
import { at, put } from "./values";

const INPUTS = memory.data(64);
const PACKED = memory.data(256);
const ROWS = memory.data<i8>([1, 2, 3, 2, 3, -4]);
const SCALES = memory.data<f32>([0.5, 2]);
const WEIGHTS = memory.data(512);
const BIAS = memory.data<f32>([1, 0, 0, 0, 0, 0, 0, 0]);
const OUT = memory.data(64);

describe("gemmInt8", () => {
  it("quantizes inputs and multiplies them by the weights and their scales", () => {
    expect(quantizedInputBytes(2, 3)).toBeLessThanOrEqual(256);
    expect(packedInt8WeightBytes(2, 3)).toBeLessThanOrEqual(512);
    put(INPUTS, [127, 0, 127, 0, -127, 0]);
    quantizeInputs(INPUTS, 2, 3, 3, PACKED);
    packInt8WeightRows(ROWS, 2, 3, 0, WEIGHTS);
    packInt8WeightScales(SCALES, 2, 3, 0, WEIGHTS);
    gemmInt8(PACKED, WEIGHTS, BIAS, 0, OUT, 2, 2, 3, 2, IDENTITY);
    expect(at(OUT, 0)).toBeCloseTo(1 + 0.5 * 127 * (1 + 3), 2);
    expect(at(OUT, 1)).toBeCloseTo(2 * 127 * (2 - 4), 2);
    expect(at(OUT, 2)).toBeCloseTo(1 - 0.5 * 127 * 2, 2);
    expect(at(OUT, 3)).toBeCloseTo(2 * -127 * 3, 2);
  });
});
