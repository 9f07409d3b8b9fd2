import assert from "node:assert/strict";
import { test } from "node:test";
import { assertStepsHold } from "./steps.ts";

test("every example of training prints what the page says", () => {
  assert.equal(assertStepsHold("training.md"), 3);
});
