import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

test("what is installed along with the package has a permissive licence and stands in the list", () => {
  const table = execFileSync(process.execPath, ["scripts/licences.mjs"], { encoding: "utf8" });
  assert.ok(table.includes("| commander |"));
  assert.ok(
    readFileSync("docs/dependencies.md", "utf8").includes(table.trim()),
    "docs/dependencies.md is old: npm run licences -- --write",
  );
});
