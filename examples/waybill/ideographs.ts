import { COMMON_HANZI, RARE_HANZI } from "../made-up/hanzi.ts";

/** GB 2312, level 1: the 3,755 ideographs of everyday writing. */
export const EVERYDAY_IDEOGRAPHS = COMMON_HANZI;

/** GB 2312, both levels: 6,763 ideographs, names and places at large. */
export const GB2312_IDEOGRAPHS: readonly string[] = [...COMMON_HANZI, ...RARE_HANZI];

/** GBK/3: 6,080 ideographs that a Chinese text of today hardly ever has. */
export const GBK3_IDEOGRAPHS: readonly string[] = (() => {
  const bytes: number[] = [];
  for (let lead = 0x81; lead <= 0xa0; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) if (trail !== 0x7f) bytes.push(lead, trail);
  }
  const text = new TextDecoder("gbk").decode(Uint8Array.from(bytes));
  return [...text].filter((character) => /^\p{Script=Han}$/u.test(character));
})();
