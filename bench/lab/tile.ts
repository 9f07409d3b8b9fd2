// AssemblyScript source of a matrix product's inner kernel, for any tile and instruction: what the lab compares.
// Operands are packed as in assembly/: panels of [k / group, rows, group] and [k / group, columns, group].

export interface Tile {
  /** Rows of inputs and columns of outputs (a multiple of 4) that are worked on at once. */
  readonly rows: number;
  readonly columns: number;
  readonly instruction: keyof typeof INSTRUCTIONS;
  /** Groups of k in one turn of the loop; 1 where absent. */
  readonly unroll?: number;
  /** Input rows that go through all weights before the next ones, in whole tiles; all of them where absent. */
  readonly block?: number;
}

interface Instruction {
  /** Values of one row side by side. */
  readonly group: number;
  /** Bytes of a value of the inputs and of the weights, and how a vector of weights is loaded. */
  readonly inputBytes: number;
  readonly weightBytes: number;
  readonly loadWeights: string;
  readonly relaxed: boolean;
  /** Made before the loop. */
  readonly constants: string;
  readonly step: (sum: string, input: string, weights: string) => string;
}

export const INSTRUCTIONS = {
  "f32 mul + add": {
    ...{ group: 1, inputBytes: 4, weightBytes: 4, loadWeights: "v128.load", relaxed: false, constants: "" },
    step: (c, a, b) => `f32x4.add(${c}, f32x4.mul(${a}, ${b}))`,
  },
  "f32 madd": {
    ...{ group: 1, inputBytes: 4, weightBytes: 4, loadWeights: "v128.load", relaxed: true, constants: "" },
    step: (c, a, b) => `f32x4.relaxed_madd(${a}, ${b}, ${c})`,
  },
  "int16 × int8, widened": {
    ...{
      group: 2,
      inputBytes: 2,
      weightBytes: 1,
      loadWeights: "v128.load8x8_s",
      relaxed: false,
      constants: "",
    },
    step: (c, a, b) => `i32x4.add(${c}, i32x4.dot_i16x8_s(${a}, ${b}))`,
  },
  "int16 × int16": {
    ...{ group: 2, inputBytes: 2, weightBytes: 2, loadWeights: "v128.load", relaxed: false, constants: "" },
    step: (c, a, b) => `i32x4.add(${c}, i32x4.dot_i16x8_s(${a}, ${b}))`,
  },
  "relaxed dot + dot(ones)": {
    ...{ group: 4, inputBytes: 1, weightBytes: 1, loadWeights: "v128.load", relaxed: true },
    constants: "const ones = v128.load(ONES);",
    step: (c, a, b) =>
      `i32x4.add(${c}, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(${b}, ${a}), ones))`,
  },
  "relaxed dot add": {
    ...{ group: 4, inputBytes: 1, weightBytes: 1, loadWeights: "v128.load", relaxed: true, constants: "" },
    step: (c, a, b) => `i32x4.relaxed_dot_i8x16_i7x16_add_s(${b}, ${a}, ${c})`,
  },
} as const satisfies Record<string, Instruction>;

/** A module that exports `multiply(inputs, weights, out, m, n, k)` for m and n in whole tiles and k in whole turns. */
export function tileSource({ rows, columns, instruction, unroll = 1, block = 2 ** 20 }: Tile): string {
  const { group, inputBytes, weightBytes, loadWeights, constants, step } = INSTRUCTIONS[instruction];
  const [rowIndices, vectors] = [rows, columns / 4].map((count) =>
    Array.from({ length: count }, (_, i) => i),
  );
  const inputStep = rows * group * inputBytes;
  const weightStep = columns * group * weightBytes;
  const vectorBytes = 4 * group * weightBytes;
  const sums = rowIndices.flatMap((row) => vectors.map((vector) => `c${row}_${vector}`));
  const turn = (index: number) =>
    [
      ...vectors.map(
        (v) => `const b${index}${v} = ${loadWeights}(b, ${index * weightStep + v * vectorBytes});`,
      ),
      ...rowIndices.flatMap((row) => [
        `const a${index}${row} = v128.load32_splat(a, ${index * inputStep + 4 * row});`,
        ...vectors.map((v) => `c${row}_${v} = ${step(`c${row}_${v}`, `a${index}${row}`, `b${index}${v}`)};`),
      ]),
    ].join("\n        ");
  return `
const ONES = memory.data<u16>([1, 1, 1, 1, 1, 1, 1, 1]);

export function multiply(inputs: usize, weights: usize, out: usize, m: i32, n: i32, k: i32): void {
  for (let i = 0; i < m; i += ${block}) {
    multiplyBlock(inputs, weights, out + ((<usize>(i * n)) << 2), min(${block}, m - i), n, k);
    inputs += ${block * inputBytes} * k;
  }
}

function multiplyBlock(inputs: usize, weights: usize, out: usize, m: i32, n: i32, k: i32): void {
  ${constants}
  const inputPanel = <usize>k * ${rows * inputBytes};
  const weightPanel = <usize>k * ${columns * weightBytes};
  for (let j = 0; j < n; j += ${columns}) {
    let a = inputs;
    for (let i = 0; i < m; i += ${rows}) {
      let b = weights;
      ${sums.map((sum) => `let ${sum} = i32x4.splat(0);`).join("\n      ")}
      for (const end = a + inputPanel; a < end; a += ${inputStep * unroll}, b += ${weightStep * unroll}) {
        ${Array.from({ length: unroll }, (_, i) => turn(i)).join("\n        ")}
      }
      const to = out + ((<usize>(i * n + j)) << 2);
      ${sums.map((sum, i) => `v128.store(to + ((<usize>(${Math.floor(i / vectors.length)} * n)) << 2), ${sum}, ${16 * (i % vectors.length)});`).join("\n      ")}
    }
    weights += weightPanel;
  }
}
`;
}
