import assert from "node:assert/strict";
import type { TestContext } from "node:test";

/** Skips a test that can't do without something, and says so; fails it where CI is set, as there all must be there. */
export function skipWithout(t: TestContext, missing: string): void {
  assert.ok(!process.env["CI"], missing);
  t.skip(missing);
}
