import type { Device } from "../../device.ts";
import * as kernels from "../kernels/replaced-tokens.ts";
import { sizeOf } from "../memory.ts";
import { capped, units, type Workspace } from "../workspace.ts";

type Operations = Pick<Device, "sample" | "replaceTokens" | "countHits" | "scoreHistogram">;

export const replacedTokenOperations = (workspace: Workspace): Operations => ({
  sample(logits, ids, { seed, site }) {
    const { rows, columns } = logits;
    workspace.run(kernels.sample, { logits, ids }, { rows, columns, seed, site }, capped(rows));
  },

  replaceTokens(positions, tokens, inputIds, labels) {
    const count = sizeOf(positions);
    const operands = { positions, tokens, inputIds, labels };
    workspace.run(kernels.replaceTokens, operands, { count }, [
      units(count, kernels.REPLACED_TOKENS_WORKGROUP),
    ]);
  },

  countHits(logits, labels, counts) {
    const { rows, columns } = logits;
    workspace.run(kernels.countHits, { logits, labels, counts }, { rows, columns }, capped(rows));
  },

  scoreHistogram(logits, labels, histogram) {
    const { rows } = logits;
    const parameters = { rows, bins: histogram.columns };
    workspace.run(kernels.scoreHistogram, { logits, labels, histogram }, parameters, [
      units(rows, kernels.REPLACED_TOKENS_WORKGROUP),
    ]);
  },
});
