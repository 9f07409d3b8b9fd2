import { blockRows } from "../blocks";

describe("blockRows", () => {
  it("is a few panels for small weights, many for large ones, and whole panels always", () => {
    expect(blockRows(1 << 20, 4)).toBe(16);
    expect(blockRows(1 << 20, 6)).toBe(18);
    expect(blockRows((1 << 20) + 1, 4)).toBe(128);
    expect(blockRows((1 << 20) + 1, 6)).toBe(132);
  });
});
