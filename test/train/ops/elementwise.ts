import { uniform } from "../../../src/train/random.ts";
import { activateBackward, dropoutMask, geluBackward } from "../../reference/backward.ts";
import { ACTIVATIONS, gelu } from "../../reference/math.ts";
import { doubles, given, type OpCase, RAGGED, randomFloats, sizesOf, written } from "./case.ts";

/** Matrices of all ragged sizes, some of which end just before, at or after what one thread takes at a time. */
const SHAPES: readonly (readonly [rows: number, columns: number])[] = [
  ...RAGGED.map((size, i): [number, number] => [RAGGED[(i * 4 + 2) % RAGGED.length], size]),
  [1, 1023],
  [32, 32],
  [1, 1025],
  [3, 1000],
  [41, 129],
];

/** What gradients and hidden states should never be, and once in a run are. */
const HOSTILE = Float32Array.from(
  [0, 1e-45, 1e-40, 1e-38, 1e-20, 1e-8, 0.5, 1, 2.9, 3.1, 5.5, 8, 13, 87, 89, 1e3, 1e10, 3e38].flatMap(
    (x) => [x, -x],
  ),
);

function addCase(rows: number, columns: number): OpCase {
  const [x, y] = [randomFloats(rows * columns, 1), randomFloats(rows * columns, 2, 100)];
  const values = doubles(x.map((value, i) => value + y[i]));
  return {
    operation: "add",
    what: `${rows} × ${columns}`,
    operands: { x: given(rows, columns, x), y: given(rows, columns, y), out: written(rows, columns) },
    record(device, { x, y, out }) {
      device.add(x, y, out);
    },
    expected: { out: { values, sizes: sizesOf(values) } },
  };
}

function fillCase(rows: number, columns: number, value: number): OpCase {
  const values = new Float64Array(rows * columns).fill(Math.fround(value));
  return {
    operation: "fill",
    what: `${rows} × ${columns} with ${value}`,
    operands: { out: written(rows, columns) },
    record(device, { out }) {
      device.fill(out, value);
    },
    expected: { out: { values, sizes: sizesOf(values) } },
  };
}

function geluCase(rows: number, columns: number, x: Float32Array): OpCase {
  const values = doubles(x).map(gelu);
  return {
    operation: "activate",
    what: `gelu, ${rows} × ${columns}`,
    operands: { x: given(rows, columns, x), out: written(rows, columns) },
    record(device, { x, out }) {
      device.activate(x, out, "gelu");
    },
    expected: { out: { values, sizes: values.map((value) => 1 + Math.abs(value)) } },
  };
}

function geluBackwardCase(rows: number, columns: number, x: Float32Array, inPlace: boolean): OpCase {
  const gradient = randomFloats(rows * columns, 9);
  const values = geluBackward(doubles(x), doubles(gradient));
  const operands = { x: given(rows, columns, x), gradient: given(rows, columns, gradient) };
  const result = { values, sizes: sizesOf(gradient) };
  return {
    operation: "activateBackward",
    what: `gelu, ${rows} × ${columns}${inPlace ? ", in place" : ""}`,
    operands: inPlace ? operands : { ...operands, out: written(rows, columns) },
    record(device, { x, gradient, out }) {
      device.activateBackward(x, gradient, inPlace ? gradient : out, "gelu");
    },
    expected: inPlace ? { gradient: result } : { out: result },
  };
}

function activationCases(rows: number, columns: number, given_: Float32Array, inPlace: boolean): OpCase[] {
  // A device may take for 0 what is smaller than a normal float, and relu has a corner there.
  const x = given_.map((value) => (Math.abs(value) < 2 ** -126 ? 0 : value));
  const gradient = randomFloats(rows * columns, 9);
  const operands = { x: given(rows, columns, x), gradient: given(rows, columns, gradient) };
  return (["gelu_new", "relu", "tanh"] as const).flatMap((activation): OpCase[] => {
    const values = doubles(x).map(ACTIVATIONS[activation]);
    const slopes = activateBackward(doubles(x), doubles(gradient), activation);
    const result = { values: slopes, sizes: sizesOf(gradient) };
    return [
      {
        operation: "activate",
        what: `${activation}, ${rows} × ${columns}`,
        operands: { x: operands.x, out: written(rows, columns) },
        record(device, { x, out }) {
          device.activate(x, out, activation);
        },
        expected: { out: { values, sizes: values.map((value) => 1 + Math.abs(value)) } },
      },
      {
        operation: "activateBackward",
        what: `${activation}, ${rows} × ${columns}${inPlace ? ", in place" : ""}`,
        operands: inPlace ? operands : { ...operands, out: written(rows, columns) },
        record(device, { x, gradient, out }) {
          device.activateBackward(x, gradient, inPlace ? gradient : out, activation);
        },
        expected: inPlace ? { gradient: result } : { out: result },
      },
    ];
  });
}

function dropoutCase(
  rows: number,
  columns: number,
  x: Float32Array,
  dropout: { probability: number; seed: number; site: number },
  inPlace: boolean,
): OpCase {
  const { probability, seed, site } = dropout;
  // The probability that a device has is a float.
  const mask = dropoutMask(x.length, Math.fround(probability), (i) => uniform(seed, site, i));
  const values = doubles(x).map((value, i) => value * mask[i]);
  const result = { values, sizes: sizesOf(values) };
  const operands = { x: given(rows, columns, x) };
  return {
    operation: "dropout",
    what: `${rows} × ${columns}, ${JSON.stringify(dropout)}${inPlace ? ", in place" : ""}`,
    operands: inPlace ? operands : { ...operands, out: written(rows, columns) },
    record(device, { x, out }) {
      device.dropout(x, inPlace ? x : out, dropout);
    },
    expected: inPlace ? { x: result } : { out: result },
  };
}

export function elementwiseCases(): OpCase[] {
  const hostileDropouts = [0, 0.1, 0.5, 0.999].flatMap((probability) =>
    [0, 1, 0x7fff_ffff, 0xffff_ffff].map((seed) => ({
      probability,
      seed,
      site: seed === 1 ? 0xffff_ffff : 77,
    })),
  );
  return [
    ...SHAPES.flatMap(([rows, columns], i) => {
      const x = randomFloats(rows * columns, i, 3);
      const inPlace = i % 2 === 0;
      return [
        addCase(rows, columns),
        fillCase(rows, columns, i % 2 === 0 ? 0 : 0.1),
        geluCase(rows, columns, x),
        geluBackwardCase(rows, columns, x, inPlace),
        ...activationCases(rows, columns, x, inPlace),
        dropoutCase(rows, columns, x, { probability: 0.1, seed: 12345 + i, site: i }, inPlace),
      ];
    }),
    geluCase(1, HOSTILE.length, HOSTILE),
    ...activationCases(1, HOSTILE.length, HOSTILE, true),
    geluBackwardCase(1, HOSTILE.length, HOSTILE, true),
    geluBackwardCase(HOSTILE.length, 1, HOSTILE, false),
    ...hostileDropouts.map((dropout) => dropoutCase(3, 700, randomFloats(2100, 5), dropout, true)),
    dropoutCase(
      1,
      HOSTILE.length,
      HOSTILE.map((x) => x / 4),
      { probability: 0.5, seed: 5, site: 1 },
      false,
    ),
  ];
}
