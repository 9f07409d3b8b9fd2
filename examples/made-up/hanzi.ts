import type { Random } from "./random.ts";

/** Where GB 2312's ideographs lie: its first level, by sound, holds the common ones; its second the rarer. */
const COMMON_ROWS = [0xb0, 0xd7] as const;
const RARE_ROWS = [0xd8, 0xf7] as const;

function ideographs([first, last]: readonly [number, number]): string[] {
  const bytes: number[] = [];
  for (let row = first; row <= last; row++) for (let cell = 0xa1; cell <= 0xfe; cell++) bytes.push(row, cell);
  const text = new TextDecoder("gbk").decode(Uint8Array.from(bytes));
  return [...text].filter((character) => /^[\u4e00-\u9fff]$/u.test(character));
}

export const COMMON_HANZI: readonly string[] = ideographs(COMMON_ROWS);
export const RARE_HANZI: readonly string[] = ideographs(RARE_ROWS);

/** Any ideograph of GB 2312, mostly a common one. */
export function anyHanzi(random: Random): string {
  return random.pick(random.chance(0.9) ? COMMON_HANZI : RARE_HANZI);
}
