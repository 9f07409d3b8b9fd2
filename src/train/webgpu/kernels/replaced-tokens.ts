import { either, type Kernel, reads, updates, writes } from "../kernel.ts";
import { sum } from "../reduction.ts";
import { EXP_AND_LOG } from "./math.ts";
import { RANDOM } from "./random.ts";

const THREADS = 128;
export const REPLACED_TOKENS_WORKGROUP = THREADS;
const IGNORED = -100;

const ROWS = `@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  for (var row = group.x; row < parameters.rows; row += groups.x) {
    let first = row * parameters.columns;`;

/** ids[row] = the first column whose logit with Gumbel noise is the largest. Workgroups: rows. */
export const sample: Kernel<"logits" | "ids", "rows" | "columns" | "seed" | "site"> = {
  name: "sample",
  operands: { logits: either(reads()), ids: writes("u32") },
  parameters: { rows: "u32", columns: "u32", seed: "u32", site: "u32" },
  reductions: { best: { type: "Candidate", threads: THREADS, combine: "better(a, b)" } },
  code: `
${RANDOM}
${EXP_AND_LOG}
struct Candidate {
  score: f32,
  column: u32,
}

fn better(a: Candidate, b: Candidate) -> Candidate {
  let second = b.score > a.score || (b.score == a.score && b.column < a.column);
  return Candidate(select(a.score, b.score, second), select(a.column, b.column, second));
}

fn gumbel(draws: u32, index: u32) -> f32 {
  let u = (f32(mix(draws ^ index) >> 9u) + 0.5) * 1.1920928955078125e-7;
  return -logOf(-logOf(u));
}

${ROWS}
    let draws = stream(parameters.seed, parameters.site);
    var own = Candidate(-3.4028234e38, select(0u, 0xffffffffu, thread > 0u));
    for (var column = thread; column < parameters.columns; column += ${THREADS}u) {
      let score = load_logits(first + column) + gumbel(draws, first + column);
      if (score > own.score) {
        own = Candidate(score, column);
      }
    }
    let winner = best(own, thread);
    if (thread == 0u) {
      ids[row] = select(winner.column, 0u, winner.column >= parameters.columns);
    }
  }
}`,
};

/** inputIds[positions[i]] = tokens[i], labels[positions[i]] = whether that is another token than stood there. */
export const replaceTokens: Kernel<"positions" | "tokens" | "inputIds" | "labels", "count"> = {
  name: "replaceTokens",
  operands: {
    positions: reads("u32"),
    tokens: reads("u32"),
    inputIds: updates("u32"),
    labels: updates("u32"),
  },
  parameters: { count: "u32" },
  code: `
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < parameters.count) {
    let at = positions[id.x];
    labels[at] = u32(tokens[id.x] != inputIds[at]);
    inputIds[at] = tokens[id.x];
  }
}`,
};

/** counts += rows in which no logit is above the label's, and rows with a label. Workgroups: rows. */
export const countHits: Kernel<"logits" | "labels" | "counts", "rows" | "columns"> = {
  name: "countHits",
  operands: { logits: either(reads()), labels: reads("i32"), counts: updates("atomic<u32>") },
  parameters: { rows: "u32", columns: "u32" },
  reductions: { sumOf: sum("u32", THREADS) },
  code: `
${EXP_AND_LOG}
${ROWS}
    let label = labels[row];
    let reached = load_logits(first + u32(max(label, 0)));
    var missed = 0u;
    for (var column = thread; column < parameters.columns; column += ${THREADS}u) {
      let other = load_logits(first + column);
      missed += u32(other > reached || isNan(other) || isNan(reached));
    }
    let misses = sumOf(missed, thread);
    if (thread == 0u && label != ${IGNORED}) {
      atomicAdd(&counts[0], u32(misses == 0u));
      atomicAdd(&counts[1], 1u);
    }
  }
}`,
};

/** histogram[label, bin of the logit] += 1, bins being 1/64 wide; see `assembly/train/detection.ts`. */
export const scoreHistogram: Kernel<"logits" | "labels" | "histogram", "rows" | "bins"> = {
  name: "scoreHistogram",
  operands: { logits: reads(), labels: reads("i32"), histogram: updates("atomic<u32>") },
  parameters: { rows: "u32", bins: "u32" },
  code: `
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= parameters.rows || labels[id.x] == ${IGNORED}) {
    return;
  }
  let half = f32(parameters.bins / 2u);
  let bin = clamp(floor(logits[id.x] * 64.0), -half, half - 1.0) + half;
  atomicAdd(&histogram[u32(labels[id.x]) * parameters.bins + u32(bin)], 1u);
}`,
};
