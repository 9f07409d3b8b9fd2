import assert from "node:assert/strict";
import { test } from "node:test";
import { assertStepsHold } from "./steps.ts";

test("every example of a task prints what the page says", () => {
  assert.equal(assertStepsHold("tasks.md"), 7);
});
