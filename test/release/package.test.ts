import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

test("the package holds what is built and its pages, and nothing else", () => {
  const [{ files }] = JSON.parse(
    execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  const paths: string[] = files.map(({ path }: { path: string }) => path);
  const surplus = paths.filter(
    (path) => !/^(dist|docs)\/|^(package\.json|README(\.[\w-]+)?\.md|LICENSE|CHANGELOG\.md)$/.test(path),
  );
  assert.deepEqual(surplus, []);
  for (const needed of ["dist/node/cli.js", "dist/browser/index.js", "dist/workerd/kernels.simd.wasm"]) {
    assert.ok(paths.includes(needed), needed);
  }
});
