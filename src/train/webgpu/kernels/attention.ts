import type { Offsets } from "../../device.ts";
import { type Access, each, either, type Kernel, type Operand, reads, variants, writes } from "../kernel.ts";
import { RANDOM } from "./random.ts";

/** Rows that a workgroup has of a sequence, and those that it meets them with at a time. */
export const ATTENTION_TILE = 32;
const SIDE = 8; // threads that share a row's tile, and rows of threads; each has 4 rows, and 4 of those they are met with
const THREADS = SIDE * SIDE;

export interface AttentionVariant {
  readonly headSize: number;
  readonly dropout: boolean;
}

/** Of an entry of {@link attentionTiles}. */
export const TILE_FIELDS = 4;

/** Every tile of every sequence: where that begins, its length, the tile's first row in it, its first probability. */
export function attentionTiles(offsets: Offsets, heads: number): number[] {
  const entries: number[] = [];
  let block = 0;
  for (let i = 0; i + 1 < offsets.length; i++) {
    const start = offsets[i]!;
    const length = offsets[i + 1]! - start;
    for (let row = 0; row < length; row += ATTENTION_TILE) entries.push(start, length, row, block);
    block += heads * length * length;
  }
  return entries;
}

/** Memory that a workgroup needs, in bytes. */
export function attentionWorkgroupBytes(headSize: number): number {
  return (ATTENTION_TILE * strideOf(headSize) + ATTENTION_TILE * SIDE + THREADS) * 16;
}

const quadsOf = (headSize: number) => Math.ceil(headSize / 4);
/** One quad more than a head has, so that threads that read rows of a tile side by side don't meet in one bank. */
const strideOf = (headSize: number) => quadsOf(headSize) + 1;
const isWide = (headSize: number) => headSize % 4 === 0;

type Parameter = "heads" | "scale" | "probability" | "keptScale" | "seed" | "site";
const PARAMETERS: Readonly<Record<Parameter, "u32" | "f32">> = {
  heads: "u32",
  scale: "f32",
  probability: "f32",
  keptScale: "f32",
  seed: "u32",
  site: "u32",
};

/**
 * context = dropout(softmax(query · keyᵀ / √headSize)) · value, a tile of scores at a time, whose softmax is corrected as
 * larger scores come (Dao et al. 2022, "FlashAttention"). `kept` [tokens, heads] is the logarithm of each softmax's sum.
 * Workgroups: tiles of all sequences, heads.
 */
export const attention = variants((variant: AttentionVariant) =>
  attentionKernel(
    "attention",
    variant,
    { queryKeyValue: "read", context: "write" },
    { kept: writes() },
    (own) => `
  let first = tileOf.row + threadRow * 4u;
${each(4, (i) => `  var peak${i} = -3e38; var total${i} = 0.0;`)}
${zeros("out", own)}
  for (var other = 0u; other < length; other += TILE) {
    loadTile_queryKeyValue(start, length, other, 3u * hidden, hidden + ofHead, thread);
    workgroupBarrier();
${products("score", "queryKeyValue", "3u * hidden", "ofHead")}
    var tops = vec4f();
${each(4, (i) => `    score${i} = select(vec4f(-3e38), score${i} * parameters.scale, metWith(other, threadColumn) < vec4u(length));`)}
${each(4, (i) => `    tops.${"xyzw"[i]} = max(max(score${i}.x, score${i}.y), max(score${i}.z, score${i}.w));`)}
    exchange[thread] = tops;
    workgroupBarrier(); // the keys have been used by all
    for (var i = 0u; i < ${SIDE}u; i++) {
      tops = max(tops, exchange[threadRow * ${SIDE}u + i]);
    }
    loadTile_queryKeyValue(start, length, other, 3u * hidden, 2u * hidden + ofHead, thread);
${each(
  4,
  (i) => `    let top${i} = max(peak${i}, tops.${"xyzw"[i]});
    let less${i} = exp(peak${i} - top${i});
    peak${i} = top${i};
    let share${i} = exp(score${i} - top${i});
    total${i} = total${i} * less${i} + dot(share${i}, vec4f(1.0));
    shares[(threadRow * 4u + ${i}u) * ${SIDE}u + threadColumn] = share${i}${variant.dropout ? ` * dropped(draws, block + (first + ${i}u) * length, metWith(other, threadColumn))` : ""};
${each(own, (o) => `    out${i}_${o} *= less${i};`)}`,
)}
    workgroupBarrier();
${accumulate("out", own)}
    workgroupBarrier();
  }
  exchange[thread] = vec4f(total0, total1, total2, total3);
  workgroupBarrier();
  var totals = vec4f();
  for (var i = 0u; i < ${SIDE}u; i++) {
    totals += exchange[threadRow * ${SIDE}u + i];
  }
${each(
  4,
  (i) => `  if (first + ${i}u < length) {
    let row = start + first + ${i}u;
${storeRow("context", "row * hidden + ofHead", `out${i}`, own, ` / totals.${"xyzw"[i]}`)}
    if (threadColumn == 0u) {
      kept[row * parameters.heads + head] = peak${i} + log(totals.${"xyzw"[i]});
    }
  }`,
)}`,
  ),
);

/**
 * The gradient by queries, and `slopes` [tokens, heads]: the sum of each query's context times its gradient, which is what
 * the way back through its softmax takes off. Shares are computed anew from `kept`.
 */
export const attentionQueriesBackward = variants((variant: AttentionVariant) =>
  attentionKernel(
    "attentionQueriesBackward",
    variant,
    { queryKeyValue: "read", context: "read", contextGradient: "read", queryKeyValueGradient: "update" },
    { kept: reads(), slopes: writes() },
    (own) => `
  let first = tileOf.row + threadRow * 4u;
${each(
  4,
  (i) => `  var kept${i} = 0.0;
  var slope${i} = 0.0;
  if (first + ${i}u < length) {
    let row = start + first + ${i}u;
    kept${i} = kept[row * parameters.heads + head];
    for (var quad = 0u; quad < QUADS; quad++) {
      let at = row * hidden + ofHead + quad * 4u;
      slope${i} += dot(loadQuad_context(at, quad), loadQuad_contextGradient(at, quad));
    }
    if (threadColumn == 0u) {
      slopes[row * parameters.heads + head] = slope${i};
    }
  }`,
)}
${zeros("out", own)}
  for (var other = 0u; other < length; other += TILE) {
    loadTile_queryKeyValue(start, length, other, 3u * hidden, 2u * hidden + ofHead, thread);
    workgroupBarrier();
${products("gradient", "contextGradient", "hidden", "ofHead")}
    workgroupBarrier();
    loadTile_queryKeyValue(start, length, other, 3u * hidden, hidden + ofHead, thread);
    workgroupBarrier();
${products("score", "queryKeyValue", "3u * hidden", "ofHead")}
    let met = metWith(other, threadColumn);
${each(
  4,
  (
    i,
  ) => `    let share${i} = select(vec4f(), exp(score${i} * parameters.scale - kept${i}), met < vec4u(length));
${variant.dropout ? `    gradient${i} *= dropped(draws, block + (first + ${i}u) * length, met);` : ""}
    shares[(threadRow * 4u + ${i}u) * ${SIDE}u + threadColumn] = share${i} * (gradient${i} - slope${i}) * parameters.scale;`,
)}
    workgroupBarrier();
${accumulate("out", own)}
    workgroupBarrier();
  }
${each(
  4,
  (i) => `  if (first + ${i}u < length) {
${storeRow("queryKeyValueGradient", `(start + first + ${i}u) * 3u * hidden + ofHead`, `out${i}`, own)}
  }`,
)}`,
  ),
);

/** The gradients by keys and values: a workgroup has a tile of these, and meets it with the queries. */
export const attentionKeysBackward = variants((variant: AttentionVariant) =>
  attentionKernel(
    "attentionKeysBackward",
    variant,
    { queryKeyValue: "read", contextGradient: "read", queryKeyValueGradient: "update" },
    { kept: reads(), slopes: reads() },
    (own) => `
  let first = tileOf.row + threadRow * 4u;
${zeros("keyOut", own)}
${zeros("valueOut", own)}
  for (var other = 0u; other < length; other += TILE) {
    loadTile_contextGradient(start, length, other, hidden, ofHead, thread);
    workgroupBarrier();
${products("gradient", "queryKeyValue", "3u * hidden", "2u * hidden + ofHead")}
    workgroupBarrier();
    loadTile_queryKeyValue(start, length, other, 3u * hidden, ofHead, thread);
    workgroupBarrier();
${products("score", "queryKeyValue", "3u * hidden", "hidden + ofHead")}
    let met = metWith(other, threadColumn);
    let isMet = met < vec4u(length);
    let at = (start + min(met, vec4u(length - 1u))) * parameters.heads + head;
    let keptOfMet = vec4f(kept[at.x], kept[at.y], kept[at.z], kept[at.w]);
    let slopeOfMet = vec4f(slopes[at.x], slopes[at.y], slopes[at.z], slopes[at.w]);
${each(
  4,
  (i) => `    var share${i} = select(vec4f(), exp(score${i} * parameters.scale - keptOfMet), isMet);
${variant.dropout ? `    let dropped${i} = dropped(draws, vec4u(block + first + ${i}u), met * length);` : ""}
    shares[(threadRow * 4u + ${i}u) * ${SIDE}u + threadColumn] = share${i} * (gradient${i}${variant.dropout ? ` * dropped${i}` : ""} - slopeOfMet) * parameters.scale;`,
)}
    workgroupBarrier();
${accumulate("keyOut", own)}
    workgroupBarrier();
    loadTile_contextGradient(start, length, other, hidden, ofHead, thread);
${each(4, (i) => `    shares[(threadRow * 4u + ${i}u) * ${SIDE}u + threadColumn] = share${i}${variant.dropout ? ` * dropped${i}` : ""};`)}
    workgroupBarrier();
${accumulate("valueOut", own)}
    workgroupBarrier();
  }
${each(
  4,
  (i) => `  if (first + ${i}u < length) {
    let to = (start + first + ${i}u) * 3u * hidden + ofHead;
${storeRow("queryKeyValueGradient", "to + hidden", `keyOut${i}`, own)}
${storeRow("queryKeyValueGradient", "to + 2u * hidden", `valueOut${i}`, own)}
  }`,
)}`,
  ),
);

/**
 * What the three have in common. Thread (row, column) of 8 × 8 has the workgroup's rows 4 · row … 4 · row + 3, and meets
 * them with the rows column, column + 8, column + 16 and column + 24 of the tile; of results it has every eighth quad.
 */
function attentionKernel(
  name: string,
  { headSize, dropout }: AttentionVariant,
  matrices: Readonly<Record<string, Access>>,
  others: Readonly<Record<string, Operand>>,
  body: (own: number) => string,
): Kernel<string, Parameter> {
  const wide = isWide(headSize);
  const quads = quadsOf(headSize);
  const type = wide ? "vec4f" : "f32";
  const names = Object.keys(matrices);
  return {
    name: `${name} ${headSize}${dropout ? " dropout" : ""}`,
    operands: {
      ...Object.fromEntries(names.map((matrix) => [matrix, either({ access: matrices[matrix]!, type })])),
      ...others,
      tiles: reads("vec4u"),
    },
    parameters: PARAMETERS,
    code: `
${RANDOM}
const TILE = ${ATTENTION_TILE}u;
const HEAD_SIZE = ${headSize}u;
const QUADS = ${quads}u;
const STRIDE = ${strideOf(headSize)}u;
struct Place {
  start: u32,
  length: u32,
  row: u32, // the first of the tile, in its sequence
  block: u32, // the index of the sequence's first probability, for dropout
}
var<workgroup> place: Place;
var<workgroup> tile: array<vec4f, TILE * STRIDE>;
var<workgroup> shares: array<vec4f, TILE * ${SIDE}u>;
var<workgroup> exchange: array<vec4f, ${THREADS}>;

${names.map((matrix) => (matrices[matrix] === "read" ? loaders(matrix, wide) : storer(matrix, wide))).join("\n")}

/** The rows of a tile that a thread meets its own with, in their sequence. */
fn metWith(other: u32, threadColumn: u32) -> vec4u {
  return vec4u(other + threadColumn) + vec4u(0u, 8u, 16u, 24u);
}

/** What dropout makes of probabilities: 0, or what it scales the others by. */
fn dropped(draws: u32, block: ${name === "attentionKeysBackward" ? "vec4u" : "u32"}, at: vec4u) -> vec4f {
  let index = block + at;
  let drawn = vec4f(drawAt(draws, index.x), drawAt(draws, index.y), drawAt(draws, index.z), drawAt(draws, index.w));
  return select(vec4f(parameters.keptScale), vec4f(), drawn < vec4f(parameters.probability));
}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  if (thread == 0u) {
    let entry = tiles[group.x];
    place = Place(entry.x, entry.y, entry.z, entry.w);
  }
  let tileOf = workgroupUniformLoad(&place);
  let start = tileOf.start;
  let length = tileOf.length;
  let head = group.y;
  let hidden = parameters.heads * HEAD_SIZE;
  let ofHead = head * HEAD_SIZE;
  let block = tileOf.block + head * length * length;
  let draws = stream(parameters.seed, parameters.site);
  let threadRow = thread / ${SIDE}u;
  let threadColumn = thread % ${SIDE}u;
${body(Math.ceil(quads / SIDE))}
}`,
  };
}

/** Quad number `quad` of a head, at value number `at` of a matrix; and a tile of rows of them, 0 beyond the sequence. */
const loaders = (matrix: string, wide: boolean) => `
fn loadQuad_${matrix}(at: u32, quad: u32) -> vec4f {
  ${
    wide
      ? `return load_${matrix}(at / 4u);`
      : `var values = vec4f();
  for (var i = 0u; i < min(4u, HEAD_SIZE - quad * 4u); i++) {
    values[i] = load_${matrix}(at + i);
  }
  return values;`
  }
}

fn loadTile_${matrix}(start: u32, length: u32, first: u32, width: u32, column: u32, thread: u32) {
  for (var i = thread; i < TILE * QUADS; i += ${THREADS}u) {
    let row = i / QUADS;
    let quad = i % QUADS;
    var values = vec4f();
    if (first + row < length) {
      values = loadQuad_${matrix}((start + first + row) * width + column + quad * 4u, quad);
    }
    tile[row * STRIDE + quad] = values;
  }
}`;

const storer = (matrix: string, wide: boolean) => `
fn storeQuad_${matrix}(at: u32, quad: u32, values: vec4f) {
  ${
    wide
      ? `store_${matrix}(at / 4u, values);`
      : `for (var i = 0u; i < min(4u, HEAD_SIZE - quad * 4u); i++) {
    store_${matrix}(at + i, values[i]);
  }`
  }
}`;

const zeros = (name: string, own: number) =>
  each(4, (i) => each(own, (o) => `  var ${name}${i}_${o} = vec4f();`));

/** `name`0 … 3 = the thread's own rows of a matrix times its rows of the tile */
const products = (name: string, matrix: string, width: string, column: string) => `
${each(4, (i) => `    var ${name}${i} = vec4f();`)}
    for (var quad = 0u; quad < QUADS; quad++) {
${each(4, (j) => `      let met${j} = tile[(threadColumn + ${8 * j}u) * STRIDE + quad];`)}
${each(
  4,
  (
    i,
  ) => `      let own${i} = loadQuad_${matrix}((start + min(first + ${i}u, length - 1u)) * (${width}) + ${column} + quad * 4u, quad);
      ${name}${i} += vec4f(dot(own${i}, met0), dot(own${i}, met1), dot(own${i}, met2), dot(own${i}, met3));`,
)}
    }`;

/** `name` += the shares times the tile */
const accumulate = (name: string, own: number) => `
    for (var i = 0u; i < ${SIDE}u; i++) {
${each(4, (i) => `      let share_${i} = shares[(threadRow * 4u + ${i}u) * ${SIDE}u + i];`)}
${each(
  own,
  (o) => `      if (threadColumn + ${8 * o}u < QUADS) {
${each(4, (j) => `        let value${j} = tile[(i + ${8 * j}u) * STRIDE + threadColumn + ${8 * o}u];`)}
${each(4, (i) => `        ${name}${i}_${o} += share_${i}.x * value0 + share_${i}.y * value1 + share_${i}.z * value2 + share_${i}.w * value3;`)}
      }`,
)}
    }`;

const storeRow = (matrix: string, at: string, name: string, own: number, scaled = "") =>
  each(
    own,
    (o) => `    if (threadColumn + ${8 * o}u < QUADS) {
      storeQuad_${matrix}(${at} + (threadColumn + ${8 * o}u) * 4u, threadColumn + ${8 * o}u, ${name}_${o}${scaled});
    }`,
  );
