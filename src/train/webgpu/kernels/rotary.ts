import { either, type Kernel, reads, updates, variants } from "../kernel.ts";

export const ROTARY_WORKGROUP = 256;

const TURN = `
fn turned(a: f32, b: f32, position: u32, column: u32) -> vec2f {
  let size = parameters.headSize;
  let angle = position * size + (column % size) / 2u;
  let sin = table[angle] * parameters.direction;
  let cos = table[angle + size / 2u];
  return vec2f(a * cos - b * sin, b * cos + a * sin);
}
`;

/**
 * Pairs of the first `columns` values of each row turn by their angles at the row's position, two pairs at a time where
 * `wide`. `count` is how many of those there are, `width` and `stride` how many a row has that turn, and in all.
 */
export const rotary = variants(
  ({
    wide,
  }: {
    readonly wide: boolean;
  }): Kernel<"x" | "positions" | "table", "count" | "width" | "stride" | "headSize" | "direction"> => ({
    name: `rotary${wide ? " wide" : ""}`,
    operands: {
      x: either(updates(wide ? "vec4f" : "f32")),
      positions: reads("u32"),
      table: reads(),
    },
    parameters: { count: "u32", width: "u32", stride: "u32", headSize: "u32", direction: "f32" },
    code: `
${TURN}
@compute @workgroup_size(${ROTARY_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < parameters.count; i += groups.x * ${ROTARY_WORKGROUP}u) {
    let row = i / parameters.width;
    let column = i % parameters.width;
    let position = positions[row];
    ${
      wide
        ? `
    let at = row * parameters.stride + column;
    let both = load_x(at);
    let first = turned(both.x, both.y, position, 4u * column);
    store_x(at, vec4f(first, turned(both.z, both.w, position, 4u * column + 2u)));`
        : `
    let at = 2u * (row * parameters.stride + column);
    let pair = turned(load_x(at), load_x(at + 1u), position, 2u * column);
    store_x(at, pair.x);
    store_x(at + 1u, pair.y);`
    }
  }
}`,
  }),
);
