import type { Device } from "../../device.ts";
import type { Groups } from "../commands.ts";
import * as crf from "../kernels/crf.ts";
import * as losses from "../kernels/losses.ts";
import { capped, units, type Workspace } from "../workspace.ts";

type Operations = Pick<Device, "crossEntropy" | "binaryCrossEntropy" | "crfLoss">;

export const lossOperations = (workspace: Workspace): Operations => ({
  crossEntropy(logits, labels, scale, gradient, loss) {
    const { rows, columns } = logits;
    const own = workspace.temporary(1, rows);
    const operands = { logits, labels, gradient, losses: own };
    workspace.run(losses.crossEntropy, operands, { rows, columns, scale }, capped(rows));
    workspace.sum(losses.sum, own, loss);
  },

  binaryCrossEntropy(logits, labels, scale, gradient, loss) {
    const { rows } = logits;
    const own = workspace.temporary(1, rows);
    const operands = { logits, labels, gradient, losses: own };
    const groups = capped(units(rows, losses.BINARY_CROSS_ENTROPY_WORKGROUP));
    workspace.run(losses.binaryCrossEntropy, operands, { rows, scale }, groups);
    workspace.sum(losses.sum, own, loss);
  },

  crfLoss(emissions, labels, offsets, parameters, scale, gradient, gradients, loss) {
    const sequences = offsets.length - 1;
    const { rows: steps, columns: count } = emissions;
    const width = count * (count + 2) + 1;
    const work = workspace.temporary(1, sequences * width + 2 * steps * (count + 1));
    workspace.run(
      crf.crfLoss,
      { emissions, path: labels, offsets: workspace.integers(offsets), ...parameters, gradient, work },
      { sequences, steps, labels: count, scale },
      [sequences],
    );
    const sums = workspace.temporary(1, width);
    workspace.sumColumns(workspace.slice(work, 0, sequences, width), sums, false);
    const groups: Groups = [units(count * count, crf.CRF_GRADIENTS_WORKGROUP)];
    workspace.run(crf.crfGradients, { sums, ...gradients, loss }, { labels: count }, groups);
  },
});
