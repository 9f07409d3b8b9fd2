import assert from "node:assert/strict";
import { test } from "node:test";
import { assertStepsHold } from "./steps.ts";

test("every step of the walk prints what the page says", () => {
  assert.ok(assertStepsHold("walk.md") >= 10);
});
