import assert from "node:assert/strict";

/**
 * The slope of `loss` by each of the given values, from what it is a little to either side: right to about ten digits for
 * a smooth function of values of about 1.
 *
 * @param values changed while `loss` is asked, and as before afterwards
 */
export function finiteDifferences(values: Float64Array, loss: () => number): Float64Array {
  return values.map((_, i) => slopeAt(values, i, loss));
}

/** As {@link finiteDifferences}, by one value alone. */
export function slopeAt(values: Float64Array, i: number, loss: () => number, step = 1e-5): number {
  const here = values[i];
  values[i] = here + step;
  const above = loss();
  values[i] = here - step;
  const below = loss();
  values[i] = here;
  return (above - below) / (2 * step);
}

/** Asserts that gradients, by the name of what they are the gradients by, are the slopes of the loss. */
export function assertSlopes(
  inputs: Readonly<Record<string, Float64Array>>,
  gradients: Readonly<Record<string, Float64Array>>,
  loss: () => number,
): void {
  assert.deepEqual(Object.keys(gradients).sort(), Object.keys(inputs).sort());
  for (const [name, values] of Object.entries(inputs)) {
    const expected = finiteDifferences(values, loss);
    assert.equal(gradients[name].length, values.length, name);
    gradients[name].forEach((slope, i) => {
      const error = Math.abs(slope - expected[i]);
      assert.ok(
        error < 1e-8 * Math.max(1, Math.abs(expected[i])),
        `${name}[${i}]: ${slope}, not ${expected[i]}`,
      );
    });
  }
}
