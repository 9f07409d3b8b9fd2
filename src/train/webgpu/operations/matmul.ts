import type { Device } from "../../device.ts";
import { ELEMENTWISE_WORKGROUP, sumParts } from "../kernels/elementwise.ts";
import { cutProduct, matmul, type Tile } from "../kernels/matmul.ts";
import { capped, units, type Workspace } from "../workspace.ts";

/** @param tile how products are cut */
export const matmulOperations = (workspace: Workspace, tile: Tile): Pick<Device, "matmul"> => ({
  matmul(a, b, out, { transposeA = false, transposeB = false, bias, accumulate = false } = {}) {
    const { rows: m, columns: n } = out;
    const k = transposeA ? a.rows : a.columns;
    const { groups, partDepth, parts } = cutProduct(m, n, k, tile);
    const wide = [a, b, out].every(({ columns }) => columns % 4 === 0);
    const variant = { transposeA, transposeB, wide, tile };
    const added = bias === undefined ? {} : { bias };
    const sizes = { m, n, k, partDepth };
    if (parts === 1) {
      const kernel = matmul({ ...variant, bias: bias !== undefined });
      workspace.run(kernel, { a, b, ...added, out }, { ...sizes, accumulate: +accumulate }, groups);
      return;
    }
    const partial = workspace.temporary(parts * m, n);
    const kernel = matmul({ ...variant, bias: false });
    workspace.run(kernel, { a, b, out: partial }, { ...sizes, accumulate: 0 }, groups);
    const fours = n % 4 === 0;
    const [count, columns] = fours ? [(m * n) / 4, n / 4] : [m * n, n];
    workspace.run(
      sumParts({ bias: bias !== undefined, wide: fours }),
      { partial, ...added, out },
      { count, parts, columns, accumulate: +accumulate },
      capped(units(count, ELEMENTWISE_WORKGROUP)),
    );
  },
});
