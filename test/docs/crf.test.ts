import assert from "node:assert/strict";
import { test } from "node:test";
import { assertStepsHold } from "./steps.ts";

test("every example of the CRF prints what the page says", () => {
  assert.equal(assertStepsHold("crf.md"), 3);
});
