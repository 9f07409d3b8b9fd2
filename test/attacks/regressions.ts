import type { TargetName } from "../fuzz/target.ts";
import { HOSTILE_CHECKPOINTS } from "./hostile-checkpoints.ts";
import { HOSTILE_GRAPHS } from "./hostile-graphs.ts";
import { HOSTILE_TEXTS } from "./hostile-texts.ts";

/** An input that a parser crashed, hung or swelled on before it was put right; `npm run fuzz` begins with them too. */
export interface Regression {
  readonly target: TargetName;
  readonly name: string;
  /** What came of it. */
  readonly reason: string;
  bytes(): Uint8Array;
}

export const REGRESSIONS: readonly Regression[] = [
  ...HOSTILE_CHECKPOINTS,
  ...HOSTILE_GRAPHS,
  ...HOSTILE_TEXTS,
];
