/** Of a sequence, told by the operand `offsets`, where its rows begin and end. Every thread of the workgroup must ask. */
export const RANGE_OF = `
var<workgroup> range: vec2u;

fn rangeOf(sequence: u32, thread: u32) -> vec2u {
  if (thread == 0u) {
    range = vec2u(offsets[sequence], offsets[sequence + 1u]);
  }
  return workgroupUniformLoad(&range);
}
`;
