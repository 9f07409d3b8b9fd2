import { HOSTILE_CHECKPOINTS } from "./hostile-checkpoints.ts";
import { HOSTILE_GRAPHS } from "./hostile-graphs.ts";
import { HOSTILE_TEXTS } from "./hostile-texts.ts";
import type { Regression } from "./regression.ts";

export const REGRESSIONS: readonly Regression[] = [
  ...HOSTILE_CHECKPOINTS,
  ...HOSTILE_GRAPHS,
  ...HOSTILE_TEXTS,
];
