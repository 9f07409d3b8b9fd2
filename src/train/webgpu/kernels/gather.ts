import { either, type Kernel, reads, updates, variants, writes } from "../kernel.ts";

export const GATHER_WORKGROUP = 256;
/** Sorted ids that a workgroup of {@link scatterChunks} goes through. */
export const CHUNK = 64;
const COLUMN_THREADS = 64;

export { COLUMN_THREADS as SCATTER_COLUMNS };

/** out[i] (+)= table[ids[i]]: rows of `size` values, or of `size` times four where `wide`. */
export const gather = variants(
  ({
    wide,
  }: {
    readonly wide: boolean;
  }): Kernel<"ids" | "table" | "out", "count" | "size" | "accumulate"> => {
    const type = wide ? "vec4f" : "f32";
    return {
      name: `gather${wide ? " wide" : ""}`,
      operands: { ids: reads("u32"), table: either(reads(type)), out: either(updates(type)) },
      parameters: { count: "u32", size: "u32", accumulate: "u32" },
      code: `
@compute @workgroup_size(${GATHER_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < parameters.count; i += groups.x * ${GATHER_WORKGROUP}u) {
    var value = load_table(ids[i / parameters.size] * parameters.size + i % parameters.size);
    if (parameters.accumulate != 0u) {
      value += load_out(i);
    }
    store_out(i, value);
  }
}`,
    };
  },
);

/**
 * order = the indices of the ids, sorted by id and then by index. Each thread counts what goes before its own, which no
 * host has to know: the ids may have been drawn on the device. n² comparisons are less than one product for all n that a
 * batch has.
 */
export const sortIds: Kernel<"ids" | "order", "count"> = {
  name: "sortIds",
  operands: { ids: reads("u32"), order: writes("u32") },
  parameters: { count: "u32" },
  code: `
var<workgroup> others: array<u32, ${GATHER_WORKGROUP}>;

@compute @workgroup_size(${GATHER_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  let count = parameters.count;
  let own = select(0u, ids[min(id.x, count - 1u)], id.x < count);
  var before = 0u;
  for (var first = 0u; first < count; first += ${GATHER_WORKGROUP}u) {
    workgroupBarrier();
    others[thread] = ids[min(first + thread, count - 1u)];
    workgroupBarrier();
    for (var i = 0u; i < min(${GATHER_WORKGROUP}u, count - first); i++) {
      before += u32(others[i] < own || (others[i] == own && first + i < id.x));
    }
  }
  if (id.x < count) {
    order[before] = id.x;
  }
}`,
};

const OPERANDS = { ids: reads("u32"), order: reads("u32") };
const PARAMETERS = { count: "u32", size: "u32" } as const;

const RUNS = `
fn idAt(place: u32) -> u32 {
  return ids[order[place]];
}

/** Whether the ids go on, past the end of a chunk, as they were. */
fn goesOn(end: u32, id: u32) -> bool {
  return end < parameters.count && idAt(end) == id;
}
`;

/**
 * tableGradient[id] += the sum of its rows, for ids whose rows all lie in one chunk of the order. Of others the sum within
 * the chunk is put into `edges` [chunks, 2, size]: first that of an id which the chunk before has too, then that of one
 * which begins here and goes on. Workgroups: chunks, columns.
 */
export const scatterChunks: Kernel<
  "ids" | "order" | "gradient" | "tableGradient" | "edges",
  "count" | "size"
> = {
  name: "scatterChunks",
  operands: { ...OPERANDS, gradient: either(reads()), tableGradient: updates(), edges: writes() },
  parameters: PARAMETERS,
  code: `
${RUNS}
@compute @workgroup_size(${COLUMN_THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let column = group.y * ${COLUMN_THREADS}u + thread;
  if (column >= parameters.size) {
    return;
  }
  let first = group.x * ${CHUNK}u;
  let last = min(first + ${CHUNK}u, parameters.count);
  var begin = first;
  while (begin < last) {
    let id = idAt(begin);
    var sum = 0.0;
    var end = begin;
    while (end < last && idAt(end) == id) {
      sum += load_gradient(order[end] * parameters.size + column);
      end++;
    }
    let before = begin == first && first > 0u && idAt(first - 1u) == id;
    if (before) {
      edges[group.x * 2u * parameters.size + column] = sum;
    } else if (end == last && goesOn(end, id)) {
      edges[(group.x * 2u + 1u) * parameters.size + column] = sum;
    } else {
      tableGradient[id * parameters.size + column] += sum;
    }
    begin = end;
  }
}`,
};

/** Adds up what {@link scatterChunks} left of ids that more than one chunk has, from the chunk on where they begin. */
export const scatterEdges: Kernel<"ids" | "order" | "edges" | "tableGradient", "count" | "size"> = {
  name: "scatterEdges",
  operands: { ...OPERANDS, edges: reads(), tableGradient: updates() },
  parameters: PARAMETERS,
  code: `
${RUNS}
@compute @workgroup_size(${COLUMN_THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let column = group.y * ${COLUMN_THREADS}u + thread;
  let first = group.x * ${CHUNK}u;
  var end = min(first + ${CHUNK}u, parameters.count);
  let id = idAt(end - 1u);
  let begins = idAt(first) != id || first == 0u || idAt(first - 1u) != id;
  if (column >= parameters.size || !begins || !goesOn(end, id)) {
    return;
  }
  var sum = edges[(group.x * 2u + 1u) * parameters.size + column];
  for (var chunk = group.x + 1u; goesOn(end, id); chunk++) {
    sum += edges[chunk * 2u * parameters.size + column];
    end = min(end + ${CHUNK}u, parameters.count);
    if (idAt(end - 1u) != id) {
      break;
    }
  }
  tableGradient[id * parameters.size + column] += sum;
}`,
};
