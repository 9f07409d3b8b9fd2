import assert from "node:assert/strict";
import { test } from "node:test";
import { electraEdge, MODEL } from "../cli/electra-edge.ts";
import { fullUnder, hasFullDevice } from "./faults.ts";

test("a full disk under what is printed is told in a line", async (t) => {
  if (!hasFullDevice(t)) return;
  for (const args of [
    ["inspect", MODEL],
    ["inspect", MODEL, "--json"],
    ["run", MODEL, "张三在北京"],
  ]) {
    const outcome = await electraEdge(args, fullUnder(1));
    assert.match(outcome.stderr, /^electra-edge: standard output: ENOSPC: .*\n$/);
    assert.equal(outcome.code, 1);
  }
});
