import type { Device } from "../../device.ts";
import { rootOfSum } from "../kernels/losses.ts";
import * as kernels from "../kernels/optimizer.ts";
import { sizeOf } from "../memory.ts";
import { jointSteps } from "../steps.ts";
import { ACROSS, across, units, type Workspace } from "../workspace.ts";

export const optimizerOperations = (workspace: Workspace): Pick<Device, "norm" | "adamW"> => ({
  norm(x, out) {
    const count = sizeOf(x);
    const blocks = units(count, kernels.SQUARES);
    const partial = workspace.temporary(1, blocks);
    workspace.run(kernels.sumOfSquares, { x, partial }, { count, across: ACROSS }, across(blocks));
    workspace.sum(rootOfSum, partial, out);
  },

  adamW(steps, { beta1, beta2, epsilon, correction1, correction2, clipNorm }, norm) {
    for (const { whole, blocks } of jointSteps(steps, correction1)) {
      const count = blocks.length / kernels.BLOCK_FIELDS;
      workspace.run(
        kernels.adamW,
        { ...whole, blocks: workspace.integers(blocks), norm },
        {
          count,
          across: ACROSS,
          newest: 1 - beta1,
          keptSquares: beta2,
          newestSquares: 1 - beta2,
          root: 1 / Math.sqrt(correction2),
          epsilon,
          clipNorm,
        },
        across(count),
      );
    }
  },
});
