import { EngineError } from "../../../errors.ts";
import type { Buffer, Device, Dropout, Offsets } from "../../device.ts";
import {
  attention,
  attentionKeysBackward,
  attentionQueriesBackward,
  attentionTiles,
  attentionWorkgroupBytes,
  TILE_FIELDS,
} from "../kernels/attention.ts";
import { dropoutParameters, type Workspace } from "../workspace.ts";

interface Operations extends Pick<Device, "attention" | "attentionBackward"> {
  /** Before temporary memory is. */
  forgetTiles(): void;
}

export function attentionOperations(workspace: Workspace): Operations {
  /** Of this step's sequences, which every layer attends to. */
  const tilesOf = new Map<Offsets, { heads: number; count: number; entries: Buffer }>();

  function attend(
    kernel: ReturnType<typeof attention>,
    operands: Readonly<Record<string, Buffer>>,
    offsets: Offsets,
    heads: number,
    dropout: Dropout,
  ): void {
    const headSize = operands["queryKeyValue"]!.columns / 3 / heads;
    const needed = attentionWorkgroupBytes(headSize);
    const limit = workspace.limits.maxComputeWorkgroupStorageSize;
    if (needed > limit) {
      const what = `attention with heads of ${headSize}`;
      throw new EngineError("no-webgpu", `${what} takes ${needed} bytes a workgroup; this GPU has ${limit}`);
    }
    let tiles = tilesOf.get(offsets);
    if (tiles?.heads !== heads) {
      const entries = attentionTiles(offsets, heads);
      tiles = { heads, count: entries.length / TILE_FIELDS, entries: workspace.integers(entries) };
      tilesOf.set(offsets, tiles);
    }
    workspace.run(
      kernel,
      { ...operands, tiles: tiles.entries },
      { heads, scale: 1 / Math.sqrt(headSize), ...dropoutParameters(dropout) },
      [tiles.count, heads],
    );
  }

  return {
    attention(queryKeyValue, context, offsets, heads, dropout) {
      const kept = workspace.temporary(queryKeyValue.rows, heads);
      const kernel = attention(variantOf(queryKeyValue, heads, dropout));
      attend(kernel, { queryKeyValue, context, kept }, offsets, heads, dropout);
      return kept;
    },

    attentionBackward(
      queryKeyValue,
      context,
      kept,
      contextGradient,
      queryKeyValueGradient,
      offsets,
      heads,
      dropout,
    ) {
      const slopes = workspace.temporary(queryKeyValue.rows, heads);
      const operands = { queryKeyValue, contextGradient, queryKeyValueGradient, kept, slopes };
      const variant = variantOf(queryKeyValue, heads, dropout);
      attend(attentionQueriesBackward(variant), { ...operands, context }, offsets, heads, dropout);
      attend(attentionKeysBackward(variant), operands, offsets, heads, dropout);
    },

    forgetTiles() {
      tilesOf.clear();
    },
  };
}

const variantOf = ({ columns }: Buffer, heads: number, { probability }: Dropout) => ({
  headSize: columns / 3 / heads,
  dropout: probability > 0,
});
