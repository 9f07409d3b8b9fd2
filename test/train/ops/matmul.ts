import type { MatmulOptions } from "../../../src/train/device.ts";
import { matmul, transpose } from "../../reference/backward.ts";
import { doubles, given, type OpCase, type Operand, RAGGED, randomFloats, written } from "./case.ts";

interface Product {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly bias: boolean;
  readonly accumulate: boolean;
  readonly values: (count: number, site: number) => Float32Array;
  readonly kind: string;
}

function productCase({ m, k, n, transposeA, transposeB, bias, accumulate, values, kind }: Product): OpCase {
  const [a, b] = [values(m * k, 1), values(k * n, 2)];
  const [biases, held] = [values(n, 3), values(m * n, 4)];
  const terms = (size: (x: Float64Array) => Float64Array) => {
    const [left, right] = [size(doubles(a)), size(doubles(b))];
    const product = matmul(
      transposeA ? transpose(left, m) : left,
      transposeB ? transpose(right, k) : right,
      k,
    );
    const [added, before] = [size(doubles(biases)), size(doubles(held))];
    return product.map((sum, i) => sum + (bias ? added[i % n] : 0) + (accumulate ? before[i] : 0));
  };
  const operands: Record<string, Operand> = {
    a: transposeA ? given(k, m, a) : given(m, k, a),
    b: transposeB ? given(n, k, b) : given(k, n, b),
    out: accumulate ? given(m, n, held) : written(m, n),
    ...(bias ? { bias: given(1, n, biases) } : {}),
  };
  const options = Object.entries({ transposeA, transposeB, bias, accumulate }).filter(([, on]) => on);
  return {
    operation: "matmul",
    what: [`${m} × ${k} × ${n}`, kind, ...options.map(([option]) => option)].join(", "),
    operands,
    record(device, { a, b, out, bias }) {
      const settings: MatmulOptions = { transposeA, transposeB, bias, accumulate };
      device.matmul(a, b, out, settings);
    },
    expected: { out: { values: terms((x) => x), sizes: terms((x) => x.map(Math.abs)) } },
  };
}

/** Every ragged size on every side once, with others at random beside it; and some of a network's own. */
const SHAPES: readonly (readonly [m: number, k: number, n: number])[] = [
  ...RAGGED.map((size, i): [number, number, number] => [
    size,
    RAGGED[(i * 4 + 7) % RAGGED.length],
    RAGGED[(i * 7 + 3) % RAGGED.length],
  ]),
  [1, 1, 1],
  [1, 100, 1],
  [97, 1, 33],
  [2, 256, 31],
  [145, 64, 24],
];

const KINDS: Readonly<Record<string, Product["values"]>> = {
  "large values": (count, site) => randomFloats(count, site, 1e15),
  "values whose products are no normal floats": (count, site) => randomFloats(count, site, 1e-21),
  zeros: (count) => new Float32Array(count),
  "values of all sizes": (count, site) =>
    randomFloats(count, site).map((x, i) => x * 10 ** ((i * 7) % 31) * 1e-15),
  integers: (count, site) => randomFloats(count, site, 100).map(Math.round),
};

export function matmulCases(): OpCase[] {
  const options = [false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB) =>
      [false, true].flatMap((bias) =>
        [false, true].map((accumulate) => ({ transposeA, transposeB, bias, accumulate })),
      ),
    ),
  );
  const plain = SHAPES.flatMap(([m, k, n]) =>
    options.map((some) => productCase({ m, k, n, ...some, values: randomFloats, kind: "random" })),
  );
  const hostile = Object.entries(KINDS).flatMap(([kind, values]) =>
    options.map((some) => productCase({ m: 13, k: 21, n: 19, ...some, values, kind })),
  );
  return [...plain, ...hostile];
}
