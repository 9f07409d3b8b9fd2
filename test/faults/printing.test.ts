import assert from "node:assert/strict";
import { test } from "node:test";
import { electraEdge, MODEL } from "../cli/electra-edge.ts";

test("a full disk under what is printed is told in a line", async () => {
  for (const args of [
    ["inspect", MODEL],
    ["inspect", MODEL, "--json"],
    ["run", MODEL, "张三在北京"],
  ]) {
    const outcome = await electraEdge(args, { shell: 'exec "$@" > /dev/full' });
    assert.match(outcome.stderr, /^electra-edge: standard output: ENOSPC: .*\n$/);
    assert.equal(outcome.code, 1);
  }
});
