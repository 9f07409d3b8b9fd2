import { each, either, type Kernel, reads, updates, variants } from "../kernel.ts";

/**
 * How the work is cut: a workgroup makes a tile of `rows` × `columns` of the product, `depth` terms at a time, and each of
 * its threads `threadRows` × 4 of that. All multiples of 4. Chosen by what others measured: 128 threads with a tile of 64
 * × 64 do well on NVIDIA, and 8 × 4 values a thread cost 3 loads of 4 values for 32 products.
 */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly threadRows: number;
}

export const TILE: Tile = { rows: 64, columns: 64, depth: 16, threadRows: 8 };

/** Workgroups that keep a large GPU busy; a product with fewer tiles is cut into parts of its terms. */
const BUSY = 512;
const FEWEST_TERMS = 256; // of a part
const MOST_PARTS = 64;

/** How many parts a product is cut into, always the same for its sizes, and the workgroups that it takes. */
export function cutProduct(m: number, n: number, k: number, { rows, columns, depth }: Tile) {
  const [across, down] = [Math.ceil(n / columns), Math.ceil(m / rows)];
  const wanted = Math.min(Math.ceil(BUSY / (across * down)), Math.floor(k / FEWEST_TERMS), MOST_PARTS);
  const partDepth = Math.ceil(Math.ceil(k / Math.max(wanted, 1)) / depth) * depth;
  const parts = Math.max(Math.ceil(k / partDepth), 1);
  return { partDepth, parts, groups: [across, down, parts] as const };
}

export interface MatmulVariant {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly bias: boolean;
  /** Whether all rows in memory, of both operands and of the product, are whole fours of values. */
  readonly wide: boolean;
  readonly tile: Tile;
}

/**
 * out [parts, m, n] (+)= a · b (+ bias), each part the sum over its own `partDepth` of the terms: with few tiles and many
 * terms, as a weight's gradient has, parts keep the whole GPU busy. Workgroups: columns of tiles, rows of tiles, parts.
 */
export const matmul = variants(
  (variant: MatmulVariant): Kernel<string, "m" | "n" | "k" | "partDepth" | "accumulate"> => {
    const { transposeA, transposeB, bias, wide, tile } = variant;
    const type = wide ? "vec4f" : "f32";
    const flags = Object.entries({ transposeA, transposeB, bias, wide }).filter(([, on]) => on);
    const size = `${tile.rows}x${tile.columns}x${tile.depth}x${tile.threadRows}`;
    return {
      name: ["matmul", size, ...flags.map(([flag]) => flag)].join(" "),
      operands: {
        a: either(reads(type)),
        b: either(reads(type)),
        ...(bias ? { bias: reads(type) } : {}),
        out: either(updates(type)),
      },
      parameters: { m: "u32", n: "u32", k: "u32", partDepth: "u32", accumulate: "u32" },
      code: codeOf(variant),
    };
  },
);

function codeOf({ transposeA, transposeB, bias, wide, tile }: MatmulVariant): string {
  const { rows, columns, depth, threadRows } = tile;
  const acrossThreads = columns / 4;
  const threads = acrossThreads * (rows / threadRows);
  const [rowQuads, columnQuads, depthQuads] = [rows / 4, columns / 4, depth / 4];
  // One quad more than a row of a tile has, so that threads that store a column don't all meet in one bank.
  const [strideA, strideB] = [rowQuads + 1, columnQuads + 1];
  return `
var<workgroup> tileA: array<vec4f, ${depth * strideA}>; // [depth, rows]
var<workgroup> tileB: array<vec4f, ${depth * strideB}>; // [depth, columns]

${quadOf("quadOfA", "a", wide)}
${quadOf("quadOfB", "b", wide)}

/** Brings 4 × 4 values of the left side into its tile. */
fn loadA(block: u32, row: u32, term: u32) {
  ${loadBlock("A", !transposeA, rowQuads, depthQuads, strideA, "parameters.m")}
}

fn loadB(block: u32, column: u32, term: u32) {
  ${loadBlock("B", transposeB, columnQuads, depthQuads, strideB, "parameters.n")}
}

fn store(part: u32, row: u32, column: u32, sum: vec4f) {
  if (row >= parameters.m || column >= parameters.n) {
    return;
  }
  ${wide ? storeQuad(bias) : storeValues(bias)}
}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.y * ${rows}u;
  let column = group.x * ${columns}u;
  let first = group.z * parameters.partDepth;
  let last = min(first + parameters.partDepth, parameters.k);
  let threadRow = thread / ${acrossThreads}u;
  let threadColumn = thread % ${acrossThreads}u;
${each(threadRows, (i) => `  var sum${i} = vec4f();`)}
  for (var term = first; term < last; term += ${depth}u) {
    for (var block = thread; block < ${(rowQuads + columnQuads) * depthQuads}u; block += ${threads}u) {
      if (block < ${rowQuads * depthQuads}u) {
        loadA(block, row, term);
      } else {
        loadB(block - ${rowQuads * depthQuads}u, column, term);
      }
    }
    workgroupBarrier();
    for (var i = 0u; i < ${depth}u; i++) {
      let right = tileB[i * ${strideB}u + threadColumn];
${each(threadRows / 4, (i) => `      let left${i} = tileA[i * ${strideA}u + threadRow * ${threadRows / 4}u + ${i}u];`)}
${each(threadRows, (i) => `      sum${i} = fma(vec4f(left${Math.floor(i / 4)}.${"xyzw"[i % 4]}), right, sum${i});`)}
    }
    workgroupBarrier();
  }
${each(threadRows, (i) => `  store(group.z, row + threadRow * ${threadRows}u + ${i}u, column + threadColumn * 4u, sum${i});`)}
}`;
}

/** Four values of a matrix in memory, from a column that is a multiple of 4 on; 0 for those beyond its sides. */
const quadOf = (name: string, operand: string, wide: boolean) => `
fn ${name}(row: u32, column: u32, rows: u32, columns: u32) -> vec4f {
  if (row >= rows || column >= columns) {
    return vec4f();
  }
  let at = row * columns + column;
  ${
    wide
      ? `return load_${operand}(at / 4u);`
      : `var quad = vec4f(load_${operand}(at), 0.0, 0.0, 0.0);
${each(3, (i) => `  if (column + ${i + 1}u < columns) { quad.${"yzw"[i]} = load_${operand}(at + ${i + 1}u); }`)}
  return quad;`
  }
}`;

/** @param termsTogether whether a row in memory has the terms of one sum, so that the block is to be turned */
function loadBlock(
  side: "A" | "B",
  termsTogether: boolean,
  outerQuads: number,
  depthQuads: number,
  stride: number,
  outerSize: string,
): string {
  const outer = side === "A" ? "row" : "column";
  // Threads that follow each other take what follows each other in memory.
  if (!termsTogether) {
    return `let outerQuad = block % ${outerQuads}u;
  let depth = block / ${outerQuads}u * 4u;
${each(4, (i) => `  tile${side}[(depth + ${i}u) * ${stride}u + outerQuad] = quadOf${side}(term + depth + ${i}u, ${outer} + outerQuad * 4u, parameters.k, ${outerSize});`)}`;
  }
  return `let depth = block % ${depthQuads}u * 4u;
  let outerQuad = block / ${depthQuads}u;
${each(4, (i) => `  let quad${i} = quadOf${side}(${outer} + outerQuad * 4u + ${i}u, term + depth, ${outerSize}, parameters.k);`)}
${each(4, (i) => `  tile${side}[(depth + ${i}u) * ${stride}u + outerQuad] = vec4f(quad0.${"xyzw"[i]}, quad1.${"xyzw"[i]}, quad2.${"xyzw"[i]}, quad3.${"xyzw"[i]});`)}`;
}

const OUT_AT = "let at = (part * parameters.m + row) * parameters.n + column;";
const storeQuad = (bias: boolean) => `${OUT_AT}
  var total = sum;
  ${bias ? "total += bias[column / 4u];" : ""}
  if (parameters.accumulate != 0u) {
    total += load_out(at / 4u);
  }
  store_out(at / 4u, total);`;

const storeValues = (bias: boolean) => `${OUT_AT}
  for (var i = 0u; i < min(4u, parameters.n - column); i++) {
    var total = sum[i];
    ${bias ? "total += bias[column + i];" : ""}
    if (parameters.accumulate != 0u) {
      total += load_out(at + i);
    }
    store_out(at + i, total);
  }`;
