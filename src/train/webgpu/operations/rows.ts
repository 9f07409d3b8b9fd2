import type { Device } from "../../device.ts";
import type { Groups } from "../commands.ts";
import { layerNormParametersBackward } from "../kernels/columns.ts";
import * as gathers from "../kernels/gather.ts";
import * as norms from "../kernels/layernorm.ts";
import { ROTARY_WORKGROUP, rotary } from "../kernels/rotary.ts";
import { sizeOf } from "../memory.ts";
import { capped, cutColumns, units, type Workspace } from "../workspace.ts";

type Operations = Pick<
  Device,
  | "addRows"
  | "rotary"
  | "layerNorm"
  | "layerNormBackward"
  | "layerNormParametersBackward"
  | "gather"
  | "gatherBackward"
>;

export const rowOperations = (workspace: Workspace): Operations => ({
  addRows(x, out) {
    workspace.sumColumns(x, out, true);
  },

  rotary(x, positions, table, columns, direction) {
    const wide = x.columns % 4 === 0;
    const together = wide ? 4 : 2;
    const [width, stride] = [columns / together, x.columns / together];
    const count = x.rows * width;
    workspace.run(
      rotary({ wide }),
      { x, positions, table },
      { count, width, stride, headSize: table.columns, direction },
      capped(units(count, ROTARY_WORKGROUP)),
    );
  },

  layerNorm(x, gamma, beta, out, statistics, epsilon) {
    const { rows, columns: size } = x;
    const operands = { x, gamma, beta, out, statistics };
    const kernel = norms.layerNorm({ wide: size % 4 === 0 });
    workspace.run(kernel, operands, { rows, size, epsilon }, capped(rows));
  },

  layerNormBackward(x, gamma, statistics, gradient, out) {
    const { rows, columns: size } = x;
    const operands = { x, gamma, statistics, gradient, out };
    const kernel = norms.layerNormBackward({ wide: size % 4 === 0 });
    workspace.run(kernel, operands, { rows, size }, capped(rows));
  },

  layerNormParametersBackward(x, statistics, gradient, gammaGradient, betaGradient) {
    const kernel = layerNormParametersBackward;
    const { groups, chunks, ...sizes } = cutColumns(x);
    if (chunks === 1) {
      const operands = { x, statistics, gradient, gamma: gammaGradient, beta: betaGradient };
      workspace.run(kernel, operands, { ...sizes, accumulate: 1 }, groups);
      return;
    }
    const [gamma, beta] = [workspace.temporary(chunks, x.columns), workspace.temporary(chunks, x.columns)];
    workspace.run(kernel, { x, statistics, gradient, gamma, beta }, { ...sizes, accumulate: 0 }, groups);
    workspace.sumColumns(gamma, gammaGradient, true);
    workspace.sumColumns(beta, betaGradient, true);
  },

  gather(ids, table, out, accumulate = false) {
    const wide = out.columns % 4 === 0;
    const width = wide ? 4 : 1;
    const [count, size] = [sizeOf(out) / width, out.columns / width];
    const groups = capped(units(count, gathers.GATHER_WORKGROUP));
    const parameters = { count, size, accumulate: +accumulate };
    workspace.run(gathers.gather({ wide }), { ids, table, out }, parameters, groups);
  },

  gatherBackward(ids, gradient, tableGradient) {
    const { rows: count, columns: size } = gradient;
    if (count === 0) return;
    const chunks = units(count, gathers.CHUNK);
    const order = workspace.temporary(1, count);
    const edges = workspace.temporary(chunks * 2, size);
    const groups: Groups = [chunks, units(size, gathers.SCATTER_COLUMNS)];
    const sizes = { count, size };
    workspace.run(gathers.sortIds, { ids, order }, { count }, [units(count, gathers.GATHER_WORKGROUP)]);
    workspace.run(gathers.scatterChunks, { ids, order, gradient, tableGradient, edges }, sizes, groups);
    if (chunks > 1) {
      workspace.run(gathers.scatterEdges, { ids, order, edges, tableGradient }, sizes, groups);
    }
  },
});
