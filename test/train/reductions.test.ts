import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect } from "../../src/train/webgpu/connection.ts";
import { type Kernel, reads, sourceOf, withSubgroups, writes } from "../../src/train/webgpu/kernel.ts";
import { maximum, type Reduction, sum } from "../../src/train/webgpu/reduction.ts";
import { Workspace } from "../../src/train/webgpu/workspace.ts";
import { tellThatGpuIsMissing, testGpu } from "./gpus.ts";

/** Of workgroups that halve evenly; and others, which fill no subgroup or leave one in part. */
const EVEN = [2, 4, 8, 64, 128, 256];
const UNEVEN = [1, 3, 5, 6, 7, 12, 31, 33, 100, 255];
const GROUPS = 3;
const ROUNDS = 4;

/** Whole numbers, so that their sums are the same in any order. */
const value = (i: number) => ((i * 7919) % 1009) - 1100;

interface Kind {
  readonly of: (type: string, threads: number) => Reduction;
  readonly type: "f32" | "u32" | "vec2f";
  readonly expected: (values: readonly number[]) => number;
}

const add = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const KINDS: Readonly<Record<string, Kind>> = {
  "sum of f32": { of: sum, type: "f32", expected: add },
  "sum of u32": { of: sum, type: "u32", expected: add },
  "sum of vec2f": { of: sum, type: "vec2f", expected: add },
  "maximum of f32": { of: maximum, type: "f32", expected: (values) => Math.max(...values) },
};

/** Each thread gives one value a round, and notes down what it is told. */
const kernelOf = (name: string, { of, type }: Kind, threads: number): Kernel<"x" | "out", "rounds"> => ({
  name: `${name}, ${threads}`,
  operands: { x: reads(type), out: writes(type) },
  parameters: { rounds: "u32" },
  reductions: { whole: of(type, threads) },
  code: `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var round = 0u; round < parameters.rounds; round++) {
    let at = (group.x * parameters.rounds + round) * ${threads}u + thread;
    out[at] = whole(x[at], thread);
  }
}`,
});

const gpu = await testGpu();
if (gpu === undefined) test("reductions", tellThatGpuIsMissing);
else {
  const connection = await connect(gpu);

  describe("what all threads of a workgroup are told", () => {
    for (const bySubgroups of [false, true]) {
      const way = bySubgroups ? "by subgroups" : "by halves";
      for (const [name, kind] of Object.entries(KINDS)) {
        test(`${name} ${way}`, async (t) => {
          if (bySubgroups && !connection.hasSubgroups) return t.skip("this adapter has no subgroups");
          const workspace = new Workspace(connection, bySubgroups);
          try {
            for (const threads of bySubgroups ? [...EVEN, ...UNEVEN] : EVEN) {
              const told = await reduce(workspace, kernelOf(name, kind, threads), kind);
              told.forEach(({ given, result }, round) => {
                const expected = new Array(given.length).fill(kind.expected(given));
                assert.deepEqual(result, expected, `${threads} threads, round ${round}`);
              });
            }
          } finally {
            workspace.dispose();
          }
        });
      }
    }

    test("a kernel with nothing to reduce by subgroups stays as it is, others ask for the feature", () => {
      const summing = kernelOf("sum", KINDS["sum of f32"]!, 64);
      const own: Reduction = { type: "f32", threads: 64, combine: "min(a, b)" };
      const other: Kernel = { ...summing, reductions: { whole: own } };
      assert.equal(withSubgroups(other), other);
      assert.equal(withSubgroups(summing), withSubgroups(summing));
      assert.match(sourceOf(withSubgroups(summing)), /^enable subgroups;\n/);
      assert.doesNotMatch(sourceOf(summing), /subgroup/);
    });
  });
}

/** Runs a kernel. @returns what the threads of each round gave, and what they were told */
async function reduce(workspace: Workspace, kernel: ReturnType<typeof kernelOf>, { type }: Kind) {
  const width = type === "vec2f" ? 2 : 1;
  const { threads } = kernel.reductions!["whole"]!;
  const rounds = GROUPS * ROUNDS;
  const given = Array.from({ length: rounds * threads * width }, (_, i) => value(i));
  const isInteger = type === "u32";
  const [x, out] = [
    workspace.temporary(rounds, threads * width),
    workspace.temporary(rounds, threads * width),
  ];
  workspace.write(x, isInteger ? Int32Array.from(given) : Float32Array.from(given));
  workspace.run(kernel, { x, out }, { rounds: ROUNDS }, [GROUPS]);
  const floats = await workspace.read(out);
  const results = Array.from(isInteger ? new Int32Array(floats.buffer) : floats);
  workspace.release();
  // A vector's components are reduced each for itself.
  return Array.from({ length: rounds * width }, (_, i) => {
    const [round, component] = [Math.floor(i / width), i % width];
    const pick = (values: readonly number[]) =>
      Array.from({ length: threads }, (_, thread) => values[(round * threads + thread) * width + component]!);
    return { given: pick(given), result: pick(results) };
  });
}
