import type { Machine } from "../wasm/machine.ts";
import { unpackInt4 } from "./file/int4.ts";
import type { Storage } from "./file/storage.ts";

/** How the bytes of one tensor get to where the kernels want them, some rows at a time. */
export interface Placement {
  /** Bytes of a row in the file. */
  readonly rowBytes: number;
  /** @param data whole rows, little-endian as in the file */
  place(data: Uint8Array, firstRow: number): void;
}

/** Rows that go to two places, of which one may count a row's values for rows of their own. */
export function placeTwice(one: Placement, other: Placement): Placement {
  const rowBytes = Math.max(one.rowBytes, other.rowBytes);
  return {
    rowBytes,
    place(data, firstRow) {
      for (const each of [one, other]) each.place(data, (firstRow * rowBytes) / each.rowBytes);
    },
  };
}

/** Memory of the machine through which bytes pass on their way: two halves of `bytes` each. */
export interface Stage {
  readonly address: number;
  readonly bytes: number;
}

/** Looks at floats where they have been put; throws for one that their tensor may not have. */
export type CheckFloats = (address: number, count: number) => void;

/** Floats as they are, widened to f32, at an address: a row is one value. */
export function placeFloats(
  machine: Machine,
  stage: Stage,
  storage: Storage,
  address: number,
  check: CheckFloats,
): Placement {
  const rowBytes = storage === "f16" ? 2 : 4;
  return {
    rowBytes,
    place(data, first) {
      const to = address + first * 4;
      machine.bytes(storage === "f16" ? stage.address : to, data.byteLength).set(data);
      const count = data.byteLength / rowBytes;
      if (storage === "f16") machine.kernels.widenHalves(stage.address, count, to);
      check(to, count);
    },
  };
}

/** Rows of a packed f32 matrix, from `offset` on. */
export function packFloatRows(
  machine: Machine,
  stage: Stage,
  storage: Storage,
  packed: number,
  inputs: number,
  offset: number,
  check: CheckFloats,
): Placement {
  const floats = stage.address + stage.bytes; // the second half: halves widen from the first into it
  const { rowBytes, place } = placeFloats(machine, stage, storage, floats, check);
  return {
    rowBytes: rowBytes * inputs,
    place(data, firstRow) {
      place(data, 0);
      const rows = data.byteLength / (rowBytes * inputs);
      for (let i = 0; i < rows; i++) {
        machine.kernels.packWeightRow(floats + i * inputs * 4, inputs, offset + firstRow + i, packed);
      }
    },
  };
}

/** Called with data that holds a value which its tensor may not have; it throws. */
export type Refuse = (data: Uint8Array) => void;

/** Rows of int8 at an address. */
export function placeIntegerRows(
  machine: Machine,
  address: number,
  inputs: number,
  refuse: Refuse,
): Placement {
  return {
    rowBytes: inputs,
    place(data, firstRow) {
      const to = address + firstRow * inputs;
      machine.bytes(to, data.byteLength).set(data);
      if (machine.kernels.includesLowestInt8(to, data.byteLength)) refuse(data);
    },
  };
}

/** Rows of a packed int8 matrix, from `offset` on. */
export function packIntegerRows(
  machine: Machine,
  stage: Stage,
  packed: number,
  inputs: number,
  offset: number,
  refuse: Refuse,
): Placement {
  const { rowBytes, place } = placeIntegerRows(machine, stage.address, inputs, refuse);
  return {
    rowBytes,
    place(data, firstRow) {
      place(data, 0);
      const rows = data.byteLength / rowBytes;
      machine.kernels.packInt8WeightRows(stage.address, rows, inputs, offset + firstRow, packed);
    },
  };
}

/** The scales of such rows. */
export function packScales(
  machine: Machine,
  stage: Stage,
  packed: number,
  inputs: number,
  offset: number,
  check: CheckFloats,
): Placement {
  const { rowBytes, place } = placeFloats(machine, stage, "f32", stage.address, check);
  return {
    rowBytes,
    place(data, first) {
      place(data, 0);
      const rows = data.byteLength / rowBytes;
      machine.kernels.packInt8WeightScales(stage.address, rows, inputs, offset + first, packed);
    },
  };
}

/** Group scales of int4, kept in JavaScript: they are needed while loading only. @param check throws for bad ones */
export function keepGroupScales(kept: Uint8Array, check: (data: Uint8Array) => void): Placement {
  return {
    rowBytes: 1,
    place(data, first) {
      check(data);
      kept.set(data, first);
    },
  };
}

/**
 * Rows of int4, unpacked to int8 and placed as such.
 *
 * @param groupScales [rows, groups], filled before the rows come
 * @param refuse called where a value is -8, which int4 does not use
 */
export function unpackRows(
  rows: Placement,
  inputs: number,
  groups: number,
  groupScales: Uint8Array,
  refuse: () => never,
): Placement {
  const rowBytes = Math.ceil(inputs / 2);
  return {
    rowBytes,
    place(data, firstRow) {
      const count = data.byteLength / rowBytes;
      const unpacked = new Int8Array(count * inputs);
      const scales = groupScales.subarray(firstRow * groups, (firstRow + count) * groups);
      if (!unpackInt4(data, scales, inputs, unpacked)) refuse();
      rows.place(new Uint8Array(unpacked.buffer), firstRow);
    },
  };
}
