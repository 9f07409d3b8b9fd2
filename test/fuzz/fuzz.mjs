// What Jazzer.js calls, in a process of its own that `main.ts` starts; it takes JavaScript alone.
import { check, checkSync } from "./check.ts";
import { loadTarget } from "./target.ts";

const target = await loadTarget(process.env.FUZZ_TARGET);

export const fuzz =
  process.env.FUZZ_SYNC === "1"
    ? (data) => checkSync(target, data)
    : (data) => check(target, Uint8Array.from(data));
