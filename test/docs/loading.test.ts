import assert from "node:assert/strict";
import { test } from "node:test";
import { assertStepsHold } from "./steps.ts";

test("every example of loading prints what the page says", () => {
  assert.ok(assertStepsHold("loading.md") >= 4);
});
