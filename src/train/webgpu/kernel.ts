/** How a kernel uses an operand: `update` reads what it writes, or leaves some of it. */
export type Access = "read" | "write" | "update";

/** An array in the device's memory, of elements of a WGSL type. */
export interface Operand {
  readonly access: Access;
  readonly type: string;
}

export const reads = (type = "f32"): Operand => ({ access: "read", type });
export const writes = (type = "f32"): Operand => ({ access: "write", type });
export const updates = (type = "f32"): Operand => ({ access: "update", type });

/** A WGSL program whose entry is `main`, with what it is handed: `operands` by name, and `parameters.<name>`. */
export interface Kernel<O extends string = string, P extends string = string> {
  /** Tells it from all others, its variants included. */
  readonly name: string;
  /** In the order of their bindings. */
  readonly operands: Readonly<Record<O, Operand>>;
  readonly parameters: Readonly<Record<P, "u32" | "f32">>;
  readonly code: string;
}

/** The whole program. Operands are all bound alike, so that any of them may lie in the same memory. */
export function sourceOf({ operands, parameters, code }: Kernel): string {
  const bindings = Object.entries(operands).map(
    ([name, { type }], i) => `@group(0) @binding(${i}) var<storage, read_write> ${name}: array<${type}>;`,
  );
  const members = Object.entries(parameters).map(([name, type]) => `  ${name}: ${type},`);
  return [
    ...bindings,
    "struct Parameters {",
    ...members,
    "}",
    "@group(1) @binding(0) var<uniform> parameters: Parameters;",
    code,
  ].join("\n");
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
