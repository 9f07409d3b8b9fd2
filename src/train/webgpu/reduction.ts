/** What makes one value of one of each thread of a workgroup. */
export interface Reduction {
  readonly type: string;
  readonly threads: number;
  /** Of two: an expression of `a` and `b`. */
  readonly combine: string;
  /** WGSL's own for a subgroup's threads, where there is such, and what a value counts as that is counted elsewhere. */
  readonly bySubgroup?: { readonly operation: string; readonly counted: string };
}

export const sum = (type: string, threads: number): Reduction => ({
  type,
  threads,
  combine: "a + b",
  bySubgroup: { operation: "subgroupAdd", counted: `${type}()` },
});

export const maximum = (type: string, threads: number): Reduction => ({
  type,
  threads,
  combine: "max(a, b)",
  bySubgroup: { operation: "subgroupMax", counted: "part" },
});

/**
 * The function `name` of a thread's value and number, which gives all threads the same: made in a fixed order. Every thread
 * must call it; what workgroup memory held before is safe to be written again afterwards.
 */
export const reductionCode = (name: string, reduction: Reduction, bySubgroups: boolean): string => `
var<workgroup> ${name}Parts: array<${reduction.type}, ${reduction.threads}>;

fn ${name}(value: ${reduction.type}, thread: u32) -> ${reduction.type} {${
  bySubgroups && reduction.bySubgroup !== undefined
    ? throughSubgroups(name, reduction, reduction.bySubgroup)
    : throughHalves(name, reduction)
}  workgroupBarrier();
  return result;
}
`;

/** Each thread of the first half takes in one of the second, as often as that can be. */
const throughHalves = (name: string, { threads, combine }: Reduction) => `
  ${name}Parts[thread] = value;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (thread < half) {
      let a = ${name}Parts[thread];
      let b = ${name}Parts[thread + half];
      ${name}Parts[thread] = ${combine};
    }
    workgroupBarrier();
  }
  let result = ${name}Parts[0];
`;

/**
 * Each subgroup reduces its own, then all parts. WGSL tells neither which threads make a subgroup nor whether it is full, so
 * threads are numbered by what is counted, and of a sum's part only the subgroup's first thread keeps it.
 */
const throughSubgroups = (
  name: string,
  { threads, combine }: Reduction,
  { operation, counted }: NonNullable<Reduction["bySubgroup"]>,
) => `
  let part = ${operation}(value);
  let lanes = subgroupAdd(1u);
  let lane = subgroupExclusiveAdd(1u);
  ${name}Parts[thread] = select(${counted}, part, lane == 0u);
  workgroupBarrier();
  var a = ${name}Parts[lane];
  for (var i = lane + lanes; i < ${threads}u; i += lanes) {
    let b = ${name}Parts[i];
    a = ${combine};
  }
  let result = ${operation}(a);
`;
