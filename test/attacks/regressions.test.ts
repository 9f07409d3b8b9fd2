import { describe, test } from "node:test";
import { check } from "../fuzz/check.ts";
import { loadTarget, TARGETS } from "../fuzz/target.ts";
import { random } from "../random.ts";
import { REGRESSIONS } from "./regressions.ts";

/** Of each target's seeds, in all. */
const MUTATIONS = 2000;

/** These are large, and what they are read to takes more than their text: an entity or a node some hundred bytes. */
const EXPANSION = 64;

/** Changed at a few random places: bytes turned over, put in, left out, or copied from elsewhere. */
function mutated(bytes: Uint8Array, next: () => number): Uint8Array {
  const result = [...bytes];
  const place = () => Math.floor(next() * (result.length + 1));
  for (let changes = 1 + Math.floor(next() * 4); changes > 0; changes--) {
    const at = place();
    const length = 1 + Math.floor(next() * 8);
    const kind = Math.floor(next() * 4);
    if (kind === 0) result[Math.min(at, Math.max(0, result.length - 1))]! ^= 1 << Math.floor(next() * 8);
    else if (kind === 1) result.splice(at, 0, Math.floor(next() * 256));
    else if (kind === 2) result.splice(at, length);
    else result.splice(place(), length, ...result.slice(at, at + length));
  }
  return Uint8Array.from(result);
}

for (const name of TARGETS) {
  describe(name, () => {
    for (const regression of REGRESSIONS.filter(({ target }) => target === name)) {
      test(`${regression.name}: ${regression.reason}`, async () => {
        await check({ ...(await loadTarget(name)), expansion: EXPANSION }, regression.bytes());
      });
    }

    test(`${MUTATIONS} mutations of valid files are read or refused, in little time and memory`, async () => {
      const target = await loadTarget(name);
      const seeds = await target.seeds();
      const next = random(8);
      for (let i = 0; i < MUTATIONS; i++) await check(target, mutated(seeds[i % seeds.length]!, next));
    });
  });
}
