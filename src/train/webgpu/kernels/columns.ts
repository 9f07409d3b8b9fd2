import { either, type Kernel, reads, updates } from "../kernel.ts";

/** Columns that a workgroup sums. */
export const COLUMNS = 64;
const LANES = 4; // threads that share a column's rows

/** Sums over rows by column: each `chunk` of rows to a row of its own of what comes out. Workgroups: columns, chunks. */
function columnKernel<O extends string>(
  name: string,
  operands: Kernel<O>["operands"],
  sums: Readonly<Record<string, string>>,
): Kernel<O, "rows" | "columns" | "chunk" | "accumulate"> {
  const all = Object.entries(sums);
  const lines = (line: (out: string, term: string) => string) =>
    all.map(([out, term]) => line(out, term)).join("\n");
  return {
    name,
    operands,
    parameters: { rows: "u32", columns: "u32", chunk: "u32", accumulate: "u32" },
    code: `
${lines((out) => `var<workgroup> ${out}Parts: array<f32, ${COLUMNS * LANES}>;`)}

@compute @workgroup_size(${COLUMNS * LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let column = group.x * ${COLUMNS}u + thread % ${COLUMNS}u;
  let first = group.y * parameters.chunk;
  let last = min(first + parameters.chunk, parameters.rows);
${lines((out) => `  var ${out}Sum = 0.0;`)}
  if (column < parameters.columns) {
    for (var row = first + thread / ${COLUMNS}u; row < last; row += ${LANES}u) {
      let at = row * parameters.columns + column;
${lines((out, term) => `      ${out}Sum += ${term};`)}
    }
  }
${lines((out) => `  ${out}Parts[thread] = ${out}Sum;`)}
  workgroupBarrier();
  if (thread >= ${COLUMNS}u || column >= parameters.columns) {
    return;
  }
  let at = group.y * parameters.columns + column;
${lines(
  (out) => `  var ${out}Total = select(0.0, ${out}[at], parameters.accumulate != 0u);
  for (var lane = 0u; lane < ${LANES}u; lane++) {
    ${out}Total += ${out}Parts[lane * ${COLUMNS}u + thread];
  }
  ${out}[at] = ${out}Total;`,
)}
}`,
  };
}

/** out [chunks, columns] (+)= Σ rows of x */
export const columnSums = columnKernel(
  "columnSums",
  { x: either(reads()), out: updates() },
  { out: "load_x(at)" },
);

/** Of the way back through LayerNorm, as {@link columnSums}. */
export const layerNormParametersBackward = columnKernel(
  "layerNormParametersBackward",
  {
    x: either(reads()),
    statistics: reads("vec2f"),
    gradient: either(reads()),
    gamma: updates(),
    beta: updates(),
  },
  {
    gamma: "load_gradient(at) * ((load_x(at) - statistics[row].x) * statistics[row].y)",
    beta: "load_gradient(at)",
  },
);
