import { readFileSync } from "node:fs";
import type { TargetName } from "../fuzz/target.ts";

/** An input that a parser once crashed, hung or swelled on, or that was built to make it. */
export interface Regression {
  readonly target: TargetName;
  readonly name: string;
  /** What came of it before it was put right, or what it tries. */
  readonly reason: string;
  bytes(): Uint8Array;
}

/** By `TARGET/NAME` in `regressions/`. */
const FILES: Readonly<Record<string, string>> = {};

export const REGRESSIONS: readonly Regression[] = Object.entries(FILES).map(([path, reason]) => {
  const [target, name] = path.split("/") as [TargetName, string];
  const url = new URL(`regressions/${path}`, import.meta.url);
  return { target, name, reason, bytes: () => readFileSync(url) };
});
