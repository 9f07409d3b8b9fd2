import type { Device } from "../../device.ts";
import * as kernels from "../kernels/gru.ts";
import type { Workspace } from "../workspace.ts";

/** @param matmul the device's own, for the gradient of the weight */
export const gruOperations = (
  workspace: Workspace,
  { matmul }: Pick<Device, "matmul">,
): Pick<Device, "gru" | "gruBackward"> => ({
  gru(inputs, weight, bias, out, offsets, reverse) {
    const size = weight.columns;
    const kept = workspace.temporary(out.rows, kernels.KEPT * size);
    const operands = { inputs, weight, bias, offsets: workspace.integers(offsets), out, kept };
    workspace.run(kernels.gru, operands, { size, reverse: +reverse }, [offsets.length - 1]);
    return kept;
  },

  gruBackward(weight, out, kept, gradient, inputsGradient, weightGradient, biasGradient, sequences, reverse) {
    const { rows: gates, columns: size } = weight;
    const offsets = workspace.integers(sequences);
    const hiddenGradient = workspace.temporary(out.rows, gates);
    const previous = workspace.temporary(out.rows, size);
    const results = { inputsGradient, hiddenGradient, previous };
    const operands = { weight, offsets, out, kept, gradient, ...results };
    workspace.run(kernels.gruBackward, operands, { size, reverse: +reverse }, [sequences.length - 1]);
    matmul(hiddenGradient, previous, weightGradient, { transposeA: true, accumulate: true });
    workspace.sumColumns(hiddenGradient, biasGradient, true);
  },
});
