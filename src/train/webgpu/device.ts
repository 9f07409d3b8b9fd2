import type { Device, MixedPrecision } from "../device.ts";
import { type Connection, SUBGROUPS } from "./connection.ts";
import { convert, multiply } from "./kernels/elementwise.ts";
import { TILE } from "./kernels/matmul.ts";
import { attentionOperations } from "./operations/attention.ts";
import { elementwiseOperations } from "./operations/elementwise.ts";
import { gruOperations } from "./operations/gru.ts";
import { lossOperations } from "./operations/losses.ts";
import { matmulOperations } from "./operations/matmul.ts";
import { optimizerOperations } from "./operations/optimizer.ts";
import { replacedTokenOperations } from "./operations/replaced-tokens.ts";
import { rowOperations } from "./operations/rows.ts";
import { Workspace } from "./workspace.ts";

/** What the names of this device's {@link Device.kernels} begin with. */
export const WEBGPU = "webgpu";

export interface WebGpuSettings {
  /** Mixed precision; off unless given. */
  readonly fp16?: boolean | undefined;
  /** Whether kernels reduce by subgroups where the GPU has them; so unless given. */
  readonly subgroups?: boolean | undefined;
  /** How products are cut, for measuring others. */
  readonly tile?: typeof TILE | undefined;
}

/** Training on a GPU: the kernels of `kernels/`, recorded by `operations/` and handed over a step at a time. */
export function openWebGpuDevice(connection: Connection, settings: WebGpuSettings = {}): Device {
  const { fp16 = false, subgroups = true, tile = TILE } = settings;
  const { vendor, architecture } = connection.adapter;
  const bySubgroups = subgroups && connection.hasSubgroups;
  const workspace = new Workspace(connection, bySubgroups);
  const { forgetTiles, ...attention } = attentionOperations(workspace);
  const products = matmulOperations(workspace, tile);
  return {
    kernels: [WEBGPU, vendor, architecture, bySubgroups ? SUBGROUPS : "", fp16 ? "fp16" : ""]
      .filter((part) => part !== "")
      .join(" "),
    mixedPrecision: fp16 ? mixedPrecisionOn(workspace) : undefined,
    get byteLength() {
      return workspace.byteLength;
    },
    allocate: (rows, columns) => workspace.allocate(rows, columns),
    slice: (buffer, first, rows, columns) => workspace.slice(buffer, first, rows, columns),
    temporary: (rows, columns) => workspace.temporary(rows, columns),
    integers: (values) => workspace.integers(values),
    release() {
      forgetTiles();
      workspace.release();
    },
    write: (buffer, values) => workspace.write(buffer, values),
    read: (buffer) => workspace.read(buffer),
    submit: () => workspace.submit(),
    dispose: () => workspace.dispose(),
    ...elementwiseOperations(workspace),
    ...products,
    ...rowOperations(workspace),
    ...attention,
    ...gruOperations(workspace, products),
    ...lossOperations(workspace),
    ...replacedTokenOperations(workspace),
    ...optimizerOperations(workspace),
  };
}

const mixedPrecisionOn = (workspace: Workspace): MixedPrecision => {
  // Kernels write four values of 16 bits at a time, never one beside another's.
  const bytes = (columns: number) => (columns % 4 === 0 ? 2 : 4);
  return {
    allocate: (rows, columns) => workspace.allocate(rows, columns, bytes(columns)),
    temporary: (rows, columns) => workspace.temporary(rows, columns, bytes(columns)),
    convert(x, out) {
      workspace.each(convert, { x, out }, {});
    },
    multiply(x, factor) {
      workspace.each(multiply, { out: x }, { factor });
    },
  };
};
