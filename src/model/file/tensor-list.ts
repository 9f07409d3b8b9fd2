interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How the tensors of a file differ from those its model needs. */
export interface TensorMismatch {
  /** The gravest difference; `detail` tells of all. */
  readonly code: "tensor-missing" | "tensor-shape" | "tensor-surplus";
  readonly detail: string;
}

const NAMED_IN_FULL = 6;

/**
 * Compares names and shapes.
 *
 * @param optional names that may be absent
 * @returns undefined where all agree
 */
export function compareTensors(
  expected: readonly NamedShape[],
  actual: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  optional: ReadonlySet<string>,
): TensorMismatch | undefined {
  const missing: string[] = [];
  const misshaped: string[] = [];
  const known = new Set<string>();
  for (const { name, shape } of expected) {
    known.add(name);
    const tensor = actual.get(name);
    if (tensor === undefined) {
      if (!optional.has(name)) missing.push(`${name} [${shape}]`);
    } else if (tensor.shape.length !== shape.length || tensor.shape.some((size, i) => size !== shape[i])) {
      misshaped.push(`${name} [${shape}], which came as [${tensor.shape}]`);
    }
  }
  const surplus: string[] = [];
  for (const [name, { shape }] of actual) if (!known.has(name)) surplus.push(`${name} [${shape}]`);

  const parts = [
    describe("missing tensors: expected", missing),
    describe("tensors of the wrong shape: expected", misshaped),
    describe("tensors that this model has no place for:", surplus),
  ].filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  const code =
    missing.length > 0 ? "tensor-missing" : misshaped.length > 0 ? "tensor-shape" : "tensor-surplus";
  return { code, detail: parts.join("; ") };
}

function describe(what: string, tensors: readonly string[]): string | undefined {
  if (tensors.length === 0) return undefined;
  const named = tensors.slice(0, NAMED_IN_FULL).join(", ");
  const rest = tensors.length - NAMED_IN_FULL;
  return `${tensors.length} ${what} ${named}${rest > 0 ? ` and ${rest} more` : ""}`;
}
