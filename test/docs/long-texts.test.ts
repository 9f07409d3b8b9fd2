import assert from "node:assert/strict";
import { test } from "node:test";
import { assertStepsHold } from "./steps.ts";

test("the example of a long text prints what the page says", () => {
  assert.equal(assertStepsHold("long-texts.md"), 1);
});
