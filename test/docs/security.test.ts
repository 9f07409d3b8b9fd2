import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { REGRESSIONS } from "../attacks/regressions.ts";
import { TARGETS } from "../fuzz/target.ts";

const fromRoot = (path: string) => new URL(`../../${path}`, import.meta.url);
const page = readFileSync(fromRoot("docs/security.md"), "utf8");
/** The rows of a section's table, less its head. */
const rowsOf = (heading: string) =>
  page
    .split(`\n${heading}\n`)[1]!
    .split(/\n##+ /)[0]!
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => line.slice(2, -2).split(" | "));

test("every guarantee names tests, and these are there", () => {
  const rows = rowsOf("## Guarantees");
  assert.ok(rows.length > 15);
  for (const [guarantee, tests = ""] of rows) {
    const paths = [...tests.matchAll(/`([^`]+)`/g)].map(([, path]) => path!);
    assert.ok(paths.length > 0, guarantee);
    for (const path of paths) assert.ok(existsSync(fromRoot(path)), `${guarantee}: ${path}`);
  }
});

test("every limit is the one in the sources", () => {
  const rows = rowsOf("## Limits");
  assert.ok(rows.length > 30);
  for (const [what, limit = "", where = ""] of rows) {
    const [, path, name] = /^`([^`]+)` `([^`]+)`$/.exec(where) ?? [];
    assert.ok(path !== undefined && name !== undefined, what);
    const assignments = readFileSync(fromRoot(path), "utf8").matchAll(
      new RegExp(`\\b${name}(?: = |: )([^,;}]+?)(?:,|;| \\})`, "g"),
    );
    assert.ok(
      [...assignments].some(([, value]) => value === limit),
      `${what}: ${path} has no ${name} of ${limit}`,
    );
  }
});

test("every target of the fuzzer has its figures, and every file that was found its line", () => {
  const figures = rowsOf("## Fuzzing").map(([target]) => target);
  assert.deepEqual(figures.slice(0, TARGETS.length).sort(), TARGETS.map((name) => `\`${name}\``).sort());
  const found = rowsOf("### What was found").map(([target, name]) => `${target} ${name}`);
  assert.deepEqual(
    found,
    REGRESSIONS.map(({ target, name }) => `\`${target}\` ${name}`),
  );
});
