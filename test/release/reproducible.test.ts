import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

/** All that a build reads. */
const SOURCES = [
  "assembly",
  "src",
  "scripts",
  "package.json",
  "rollup.config.mjs",
  "asconfig.json",
  "asconfig.train.json",
  "tsconfig.json",
  "tsconfig.build.json",
];

function digests(folder: string): Record<string, string> {
  const files = globSync(["build/{,train-}kernels.{simd,relaxed}.wasm", "dist/**/*.{js,wasm}"], {
    cwd: folder,
  });
  return Object.fromEntries(
    files.map((file) => [
      file,
      createHash("sha256")
        .update(readFileSync(join(folder, file)))
        .digest("hex"),
    ]),
  );
}

test("the same sources build the same wasm and JavaScript in another folder", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "electra-edge-build-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const source of SOURCES) cpSync(source, join(folder, source), { recursive: true });
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  execFileSync("npm", ["run", "-s", "build"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const again = digests(folder);
  const here = digests(".");
  assert.ok(Object.keys(again).length >= 12);
  assert.deepEqual(
    Object.keys({ ...here, ...again }).filter((file) => here[file] !== again[file]),
    [],
    "dist/ is of other sources (npm run build), or a build isn't exact",
  );
});
