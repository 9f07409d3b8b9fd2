import type { Device } from "../../device.ts";
import * as kernels from "../kernels/elementwise.ts";
import { dropoutParameters, type Workspace } from "../workspace.ts";

type Operations = Pick<Device, "fill" | "add" | "activate" | "activateBackward" | "dropout">;

export const elementwiseOperations = (workspace: Workspace): Operations => ({
  fill(out, value) {
    workspace.each(kernels.fill, { out }, { value });
  },

  add(x, y, out) {
    workspace.each(kernels.add, { x, y, out }, {});
  },

  activate(x, out, activation) {
    workspace.each(kernels.activations[activation], { x, out }, {});
  },

  activateBackward(x, gradient, out, activation) {
    workspace.each(kernels.activationsBackward[activation], { x, gradient, out }, {});
  },

  dropout(x, out, dropout) {
    workspace.each(kernels.dropout, { x, out }, dropoutParameters(dropout));
  },
});
