import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pipeline } from "../../src/index.node.ts";
import { NODE_20 } from "./node-20.ts";
import { SAMPLE, WAYBILL_MODEL } from "./sample.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the built library runs on Node 20 and finds what it finds here", async (t) => {
  if (!existsSync(NODE_20)) {
    assert.ok(!process.env["CI"], "Node 20 is missing; `npm run test:setup` installs it");
    return t.skip("Node 20 is missing; `npm run test:setup` installs it");
  }
  const program = `
    import { pipeline } from "electra-edge";
    const tag = await pipeline("token-classification", ${JSON.stringify(WAYBILL_MODEL)}, { kernels: "simd" });
    console.log(JSON.stringify([process.version, await tag(${JSON.stringify(SAMPLE)})]));
  `;
  const arguments_ = ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(NODE_20, arguments_, { cwd: root });
  const [version, entities] = JSON.parse(stdout);
  assert.match(version, /^v20\./);
  const tag = await pipeline("token-classification", WAYBILL_MODEL, { kernels: "simd" });
  assert.deepEqual(entities, await tag(SAMPLE));
});
