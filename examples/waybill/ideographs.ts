/** The characters of a range of GBK, by the first and second byte of their codes. */
function charactersOf([firstLead, lastLead]: [number, number], [firstTrail, lastTrail]: [number, number]) {
  const decoder = new TextDecoder("gbk");
  const characters: string[] = [];
  for (let lead = firstLead; lead <= lastLead; lead++) {
    for (let trail = firstTrail; trail <= lastTrail; trail++) {
      const character = decoder.decode(Uint8Array.of(lead, trail));
      if (/^\p{Script=Han}$/u.test(character)) characters.push(character);
    }
  }
  return characters;
}

/** GB 2312, level 1: the 3,755 ideographs of everyday writing. */
export const everydayIdeographs = (): string[] => charactersOf([0xb0, 0xd7], [0xa1, 0xfe]);

/** GB 2312, both levels: 6,763 ideographs, names and places at large. */
export const commonIdeographs = (): string[] => charactersOf([0xb0, 0xf7], [0xa1, 0xfe]);

/** GBK/3: 6,080 ideographs that a Chinese text of today hardly ever has. */
export const rareIdeographs = (): string[] => charactersOf([0x81, 0xa0], [0x40, 0xfe]);
