import { type Reduction, reductionCode } from "./reduction.ts";

/** How a kernel uses an operand: `update` reads what it writes, or leaves some of it. */
export type Access = "read" | "write" | "update";

/** An array in the device's memory, of elements of a WGSL type. */
export interface Operand {
  readonly access: Access;
  readonly type: string;
  /** Whether the code goes by `load_<name>` and `store_<name>`, behind which floats of 16 bits may lie as well. */
  readonly either?: boolean;
  /** Whether they do. */
  readonly half?: boolean;
}

export const reads = (type = "f32"): Operand => ({ access: "read", type });
export const writes = (type = "f32"): Operand => ({ access: "write", type });
export const updates = (type = "f32"): Operand => ({ access: "update", type });
export const either = (operand: Operand): Operand => ({ ...operand, either: true });

/** Halves lie two in a word, so that none can be written without its neighbour. */
export const takesHalves = ({ either, access, type }: Operand): boolean =>
  either === true && (access === "read" || type === "vec4f");

/** A WGSL program whose entry is `main`, with what it is handed: `operands` by name, and `parameters.<name>`. */
export interface Kernel<O extends string = string, P extends string = string> {
  /** Tells it from all others, its variants included. */
  readonly name: string;
  /** In the order of their bindings. */
  readonly operands: Readonly<Record<O, Operand>>;
  readonly parameters: Readonly<Record<P, "u32" | "f32">>;
  /** Functions that its code calls, by name. */
  readonly reductions?: Readonly<Record<string, Reduction>>;
  /** Whether these go through subgroups where they can, which takes the feature of that name. */
  readonly bySubgroups?: boolean;
  readonly code: string;
}

const ofSubgroups = new WeakMap<object, Kernel>();

/** The same kernel by subgroups, if it has anything to reduce by them; built once. */
export function withSubgroups<O extends string, P extends string>(kernel: Kernel<O, P>): Kernel<O, P> {
  const reductions = Object.values(kernel.reductions ?? {});
  if (!reductions.some(({ bySubgroup }) => bySubgroup !== undefined)) return kernel;
  let other = ofSubgroups.get(kernel) as Kernel<O, P> | undefined;
  if (other === undefined) {
    other = { ...kernel, bySubgroups: true, name: `${kernel.name}, by subgroups` };
    ofSubgroups.set(kernel, other);
  }
  return other;
}

const ofHalves = new WeakMap<object, Map<string, unknown>>();

/** The same kernel, of which some operands are floats of 16 bits; built once. */
export function withHalves<O extends string, P extends string>(
  kernel: Kernel<O, P>,
  names: readonly O[],
): Kernel<O, P> {
  if (names.length === 0) return kernel;
  let others = ofHalves.get(kernel);
  if (others === undefined) {
    others = new Map();
    ofHalves.set(kernel, others);
  }
  const key = names.join(" ");
  let other = others.get(key) as Kernel<O, P> | undefined;
  if (other === undefined) {
    const operands: Record<O, Operand> = { ...kernel.operands };
    for (const name of names) operands[name] = { ...operands[name], half: true };
    other = { ...kernel, operands, name: `${kernel.name}, halves: ${key}` };
    others.set(key, other);
  }
  return other;
}

/** The whole program. Operands are all bound alike, so that any of them may lie in the same memory. */
export function sourceOf({
  operands,
  parameters,
  reductions = {},
  bySubgroups = false,
  code,
}: Kernel): string {
  const named = Object.entries<Operand>(operands);
  const bindings = named.map(
    ([name, operand], i) =>
      `@group(0) @binding(${i}) var<storage, read_write> ${name}: array<${storedType(operand)}>;`,
  );
  const members = Object.entries(parameters).map(([name, type]) => `  ${name}: ${type},`);
  return [
    ...(bySubgroups ? ["enable subgroups;"] : []),
    ...bindings,
    ...(named.some(([, { half }]) => half) ? [HALVES] : []),
    ...named.filter(([, { either }]) => either).map(([name, operand]) => accessTo(name, operand)),
    "struct Parameters {",
    ...members,
    "}",
    "@group(1) @binding(0) var<uniform> parameters: Parameters;",
    ...Object.entries(reductions).map(([name, reduction]) => reductionCode(name, reduction, bySubgroups)),
    code,
  ].join("\n");
}

function storedType({ type, half }: Operand): string {
  if (!half) return type;
  return type === "vec4f" ? "vec2u" : "u32";
}

/** Which WGSL has without the feature `shader-f16`, that many adapters lack. */
const HALVES = `
const LARGEST_HALF = 0x477fe000u; // 65504, as a float's bits

/** Infinities for all four where one has no place in 16 bits: WGSL leaves open what that would be. */
fn packed(values: vec4f) -> vec2u {
  let beyond = any((bitcast<vec4u>(values) & vec4u(0x7fffffffu)) > vec4u(LARGEST_HALF));
  let halves = vec2u(pack2x16float(values.xy), pack2x16float(values.zw));
  return select(halves, vec2u(0x7c007c00u), beyond);
}
`;

function accessTo(name: string, { type, half, access }: Operand): string {
  if (!half) {
    return `fn load_${name}(i: u32) -> ${type} { return ${name}[i]; }
fn store_${name}(i: u32, value: ${type}) { ${name}[i] = value; }`;
  }
  if (type !== "vec4f") {
    return `fn load_${name}(i: u32) -> f32 { return unpack2x16float(${name}[i / 2u])[i % 2u]; }`;
  }
  return `fn load_${name}(i: u32) -> vec4f {
  return vec4f(unpack2x16float(${name}[i].x), unpack2x16float(${name}[i].y));
}
${access === "read" ? "" : `fn store_${name}(i: u32, value: vec4f) { ${name}[i] = packed(value); }`}`;
}

/** Writes the parameters as the program's `Parameters` holds them. */
export function writeParameters(
  kernel: Kernel,
  values: Readonly<Record<string, number>>,
  to: DataView,
): void {
  for (const [i, [name, type]] of Object.entries(kernel.parameters).entries()) {
    if (type === "u32") to.setUint32(i * 4, values[name]!, true);
    else to.setFloat32(i * 4, values[name]!, true);
  }
}

/** Builds each variant of a kernel once. */
export function variants<V, K extends Kernel>(build: (variant: V) => K): (variant: V) => K {
  const built = new Map<string, K>();
  return (variant) => {
    const key = JSON.stringify(variant);
    let kernel = built.get(key);
    if (kernel === undefined) {
      kernel = build(variant);
      built.set(key, kernel);
    }
    return kernel;
  };
}

/** Lines of code, one for each number from 0 on: what loops over registers are written as. */
export const each = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n");
