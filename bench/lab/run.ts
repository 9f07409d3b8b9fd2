// Compares tiles, instructions and blocks of the matrix product: `node bench/lab/run.ts [f32 | int8 | blocks]`. Each
// variant is held against a reference first; times are medians of interleaved runs, so that they compare with each
// other and with nothing else.
import { compileString } from "assemblyscript/asc";
import { INSTRUCTIONS, type Tile, tileSource } from "./tile.ts";

interface Shape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

const ROUNDS = 31;
const ROUND_MILLISECONDS = 3;

interface Variant {
  readonly name: string;
  readonly times: number[][];
  readonly run: (shape: number) => void;
}

const tiles = (instruction: Tile["instruction"], ...sizes: (readonly [number, number, number?])[]): Tile[] =>
  sizes.map(([rows, columns, unroll]) => ({ rows, columns, instruction, ...(unroll ? { unroll } : {}) }));

interface Family {
  readonly shapes: readonly Shape[];
  readonly tiles: readonly Tile[];
}

/** Of ELECTRA-small: all of attention's inputs, and the second half of the feed-forward network. */
const SMALL: readonly Shape[] = [
  { m: 120, n: 768, k: 256 },
  { m: 120, n: 384, k: 1024 },
];

const FAMILIES: Record<string, Family> = {
  f32: {
    shapes: SMALL,
    tiles: [
      // biome-ignore format: a table
      ...tiles("f32 mul + add", [1, 8], [1, 32], [2, 8], [3, 8], [4, 8], [4, 8, 2], [5, 8], [6, 8], [2, 16], [3, 12], [8, 4]),
      ...tiles("f32 madd", [2, 8], [3, 8], [4, 8], [4, 8, 2], [5, 8], [6, 8], [2, 16], [3, 12]),
    ],
  },
  int8: {
    shapes: SMALL,
    tiles: [
      ...tiles("int16 × int8, widened", [2, 8], [3, 8], [4, 8], [4, 8, 2], [5, 8], [6, 8], [3, 12]),
      ...tiles("int16 × int16", [2, 8], [3, 8], [4, 8], [6, 8]),
      ...tiles("relaxed dot + dot(ones)", [2, 8], [3, 8], [4, 8], [4, 8, 2], [5, 8]),
      ...tiles("relaxed dot add", [2, 8], [3, 8], [4, 8], [4, 8, 2], [5, 8], [6, 8], [3, 12]),
    ],
  },
  // 512 tokens of small, and base, whose weights are more than a second-level cache holds.
  blocks: {
    shapes: [
      { m: 480, n: 768, k: 256 },
      { m: 120, n: 2304, k: 768 },
      { m: 480, n: 2304, k: 768 },
    ],
    tiles: [12, 24, 48, 120, 480].flatMap((block) =>
      [
        ...tiles("f32 mul + add", [4, 8]),
        ...tiles("f32 madd", [6, 8]),
        ...tiles("int16 × int8, widened", [4, 8]),
        ...tiles("relaxed dot add", [6, 8]),
      ].map((tile) => ({ ...tile, block })),
    ),
  },
};

async function prepare(tile: Tile, shapes: readonly Shape[]): Promise<Variant | undefined> {
  const { rows, columns, instruction, unroll = 1, block } = tile;
  const { group, inputBytes, weightBytes, relaxed } = INSTRUCTIONS[instruction];
  const enable = relaxed ? "simd,relaxed-simd" : "simd";
  const flags = {
    enable,
    runtime: "stub",
    optimizeLevel: 3,
    converge: true,
    noAssert: true,
    importMemory: true,
  };
  const { binary, stderr } = await compileString(tileSource(tile), flags);
  if (binary === null) throw new Error(`${instruction}: ${stderr}`);
  const name = `${instruction}, ${rows}x${columns}${unroll > 1 ? `, k by ${unroll}` : ""}${block ? `, ${block} rows` : ""}`;
  const bytes = new Uint8Array(binary);
  if (!WebAssembly.validate(bytes)) {
    console.log(`${name}: not in this engine`);
    return undefined;
  }
  const memory = new WebAssembly.Memory({ initial: 512 });
  const instance = await WebAssembly.instantiate(await WebAssembly.compile(bytes), { env: { memory } });
  const multiply = instance.exports["multiply"] as (...sizes: number[]) => void;

  const [inputsAt, weightsAt, outAt] = [2 ** 20, 4 * 2 ** 20, 16 * 2 ** 20];
  const value = (i: number, limit: number) => ((i * 7919) % (2 * limit + 1)) - limit;
  const input = (i: number, p: number) =>
    inputBytes === 1 ? Math.abs(value(i * 31 + p, 127)) : value(i * 31 + p, 99);
  const weight = (j: number, p: number) => value(j * 17 + p * 3, 127);
  const view = (size: number) =>
    size === 4
      ? new Float32Array(memory.buffer)
      : size === 2
        ? new Int16Array(memory.buffer)
        : new Int8Array(memory.buffer);
  const pack = (at: number, count: number, k: number, panel: number, size: number, of: typeof input) => {
    const values = view(size);
    for (let i = 0; i < count; i++) {
      for (let p = 0; p < k; p++) {
        const [first, lane] = [Math.floor(i / panel) * panel * k, i % panel];
        values[at / size + first + (p - (p % group)) * panel + lane * group + (p % group)] = of(i, p);
      }
    }
  };
  const fill = ({ m, n, k }: Shape) => {
    pack(inputsAt, m, k, rows, inputBytes, input);
    pack(weightsAt, n, k, columns, weightBytes, weight);
  };
  for (const { m, n, k } of shapes) {
    fill({ m, n, k });
    multiply(inputsAt, weightsAt, outAt, m, n, k);
    const out =
      inputBytes === 4 ? new Float32Array(memory.buffer, outAt) : new Int32Array(memory.buffer, outAt);
    for (let i = 0; i < m; i += 7) {
      for (let j = 0; j < n; j += 5) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += input(i, p) * weight(j, p);
        if (Math.abs(out[i * n + j]! - sum) > 1e-6 * Math.abs(sum) + 8)
          throw new Error(`${name} is wrong at ${i}, ${j}`);
      }
    }
  }
  const run = (shape: number) => {
    const { m, n, k } = shapes[shape]!;
    multiply(inputsAt, weightsAt, outAt, m, n, k);
  };
  return { name, run, times: shapes.map(() => []) };
}

const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1]!;

async function compare({ shapes, tiles }: Family): Promise<void> {
  const prepared = await Promise.all(tiles.map((tile) => prepare(tile, shapes)));
  const variants = prepared.filter((variant) => variant !== undefined);
  for (let shape = 0; shape < shapes.length; shape++) {
    const repeats = variants.map(({ run }) => {
      const begin = performance.now();
      let count = 0;
      for (; performance.now() - begin < 100; count++) run(shape);
      return Math.max(1, Math.round((count * ROUND_MILLISECONDS) / 100));
    });
    for (let round = 0; round < ROUNDS; round++) {
      variants.forEach(({ run, times }, i) => {
        const begin = performance.now();
        for (let repeat = 0; repeat < repeats[i]!; repeat++) run(shape);
        times[shape]!.push((performance.now() - begin) / repeats[i]!);
      });
    }
  }
  console.log(`\nGOP/s on Node ${process.versions.node}\n`);
  console.log(`| variant | ${shapes.map(({ m, n, k }) => `${m} × ${n} × ${k}`).join(" | ")} |`);
  console.log(`| --- |${shapes.map(() => " ---: |").join("")}`);
  for (const { name, times } of variants) {
    const speeds = shapes.map(({ m, n, k }, i) => ((2 * m * n * k) / median(times[i]!) / 1e6).toFixed(1));
    console.log(`| ${name} | ${speeds.join(" | ")} |`);
  }
}

const chosen = process.argv[2];
for (const [name, family] of Object.entries(FAMILIES)) {
  if (chosen === undefined || chosen === name) await compare(family);
}
