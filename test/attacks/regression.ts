import type { TargetName } from "../fuzz/target.ts";

/** An input that a parser crashed, hung or swelled on before it was put right; `npm run fuzz` begins with them too. */
export interface Regression {
  readonly target: TargetName;
  readonly name: string;
  /** What came of it. */
  readonly reason: string;
  bytes(): Uint8Array;
}
