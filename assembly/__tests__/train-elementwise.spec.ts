import { GELU } from "../activation";
import { activate, activateBackward, add, dropout, fill } from "../train/elementwise";
import { stream, uniform } from "../train/random";
import { at, put } from "./values";

const X = memory.data(64);
const Y = memory.data(64);
const OUT = memory.data(64);

describe("what is done to each value for itself", () => {
  beforeEach(() => {
    fill(OUT, 42, 16, 0, 0, 1);
  });

  it("fills and adds no more values than there are", () => {
    put(X, [1, 2, 3, 4, 5]);
    put(Y, [10, 20, 30, 40, 50]);
    add(X, Y, OUT, 5, 0, 0, 1);
    for (let i = 0; i < 5; i++) expect(at(OUT, i)).toBe(11 * <f32>(i + 1));
    expect(at(OUT, 5)).toBe(42);
  });

  it("computes GELU and its slope, at the end of a row as well", () => {
    put(X, [0, 1, -1, 30, 1]);
    activate(X, OUT, 5, GELU, 0, 0, 1);
    expect(at(OUT, 0)).toBe(0);
    expect(at(OUT, 1)).toBeCloseTo(0.8413447, 6);
    expect(at(OUT, 2)).toBeCloseTo(-0.1586553, 6);
    expect(at(OUT, 3)).toBe(30);
    expect(at(OUT, 4)).toBeCloseTo(0.8413447, 6);
    put(Y, [2, 1, 1, 3, 10]);
    activateBackward(X, Y, Y, 5, GELU, 0, 0, 1);
    expect(at(Y, 0)).toBeCloseTo(1, 6);
    expect(at(Y, 1)).toBeCloseTo(1.0833155, 6); // Φ(1) + φ(1)
    expect(at(Y, 2)).toBeCloseTo(-0.0833155, 6);
    expect(at(Y, 3)).toBeCloseTo(3, 6);
    expect(at(Y, 4)).toBeCloseTo(10.833155, 5);
  });

  it("drops the values whose draws are below the probability, and scales up the others", () => {
    const draws = stream(1, 2);
    put(X, [1, 2, 3, 4, 5, 6]);
    dropout(X, OUT, 6, 0.4, 1, 2, 0, 0, 1);
    let dropped = 0;
    for (let i = 0; i < 6; i++) {
      const kept = uniform(draws, i) >= 0.4;
      if (!kept) dropped++;
      if (kept) expect(at(OUT, i)).toBeCloseTo(at(X, i) / 0.6, 6);
      else expect(at(OUT, i)).toBe(0);
    }
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(6);
    expect(at(OUT, 6)).toBe(42);
    dropout(X, OUT, 6, 0, 1, 2, 0, 0, 1);
    for (let i = 0; i < 6; i++) expect(at(OUT, i)).toBe(at(X, i));
  });
});

describe("random numbers", () => {
  it("are src/train/random.ts's", () => {
    const draws = stream(1, 2);
    expect(<u32>(uniform(draws, 0) * 16777216)).toBe(2813756);
    expect(<u32>(uniform(draws, 5) * 16777216)).toBe(4441039);
    expect(<u32>(uniform(stream(0xffffffff, 0xffffffff), 0xffffffff) * 16777216)).toBe(3922433);
  });
});
