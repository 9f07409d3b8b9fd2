/**
 * A value that all of a workgroup's threads get, made from one of each in a fixed order. Every thread must call it; what
 * workgroup memory held before is safe to be written again afterwards.
 *
 * @param combine an expression of `a` and `b`
 */
export const reduction = (name: string, type: string, threads: number, combine: string): string => `
var<workgroup> ${name}Parts: array<${type}, ${threads}>;

fn ${name}(value: ${type}, thread: u32) -> ${type} {
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
  workgroupBarrier();
  return result;
}
`;
