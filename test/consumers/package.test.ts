// The packed package as those see it who check packages: what it exports, and its types.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { PackedPackage, runIn } from "./project.ts";
import { consumerTest, TOOLS } from "./tools.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Every option that is stricter than TypeScript's `strict`; declarations are checked too. */
const STRICT = [
  "--noEmit --target es2022 --strict --skipLibCheck false --isolatedModules --verbatimModuleSyntax",
  "--exactOptionalPropertyTypes --noUncheckedIndexedAccess --noImplicitOverride --noImplicitReturns",
  "--noPropertyAccessFromIndexSignature --noFallthroughCasesInSwitch --noUnusedLocals --noUnusedParameters",
].join(" ");

/** As programs for Node are compiled, and those for pages. */
const SETTINGS = {
  "Node's types alone": "--module nodenext --types node --lib es2022",
  "a bundler and the DOM's types":
    "--module esnext --moduleResolution bundler --customConditions browser --typeRoots none --lib es2022,dom",
};

const IMPORT = /\b(?:from|import)\s*\(?\s*["']([\w@:./-]+)["']/g;

describe("the packed package", () => {
  const packed = new PackedPackage();

  consumerTest("passes publint", async () => {
    await runIn(TOOLS.folder, `"${TOOLS.file(".bin/publint")}" run "${packed.tarball}" --strict`);
  });

  consumerTest("has types that arethetypeswrong finds right", async () => {
    await runIn(TOOLS.folder, `"${TOOLS.file(".bin/attw")}" "${packed.tarball}" --profile esm-only`);
  });

  const compilers = {
    "TypeScript 5": TOOLS.file(".bin/tsc"),
    "TypeScript 7": `${ROOT}node_modules/.bin/tsc`,
  };
  for (const [name, compiler] of Object.entries(compilers)) {
    consumerTest(`compiles under strict options of ${name}`, async () => {
      const folder = await packed.createProject(new Map());
      await cp(`${TOOLS.folder}types`, folder, { recursive: true });
      for (const types of ["@types", "undici-types"]) {
        await symlink(`${ROOT}node_modules/${types}`, `${folder}/node_modules/${types}`);
      }
      for (const settings of Object.values(SETTINGS)) {
        await runIn(folder, `"${compiler}" ${STRICT} ${settings} *.mts`);
      }
    });
  }

  it("imports no package that it doesn't name", async () => {
    const dist = join(await packed.createProject(new Map()), "node_modules/electra-edge/dist");
    const { dependencies } = JSON.parse(readFileSync(join(dist, "../package.json"), "utf8"));
    const named: Readonly<Record<string, readonly string[]>> = {
      node: Object.keys(dependencies),
      browser: [],
      workerd: [],
    };
    for (const [folder, packages] of Object.entries(named)) {
      const scripts = readdirSync(join(dist, folder)).filter((file) => file.endsWith(".js"));
      assert.ok(scripts.length > 0);
      for (const script of scripts) {
        const code = readFileSync(join(dist, folder, script), "utf8");
        const imported = Array.from(code.matchAll(IMPORT), ([, specifier]) => specifier!);
        const foreign = imported.filter((specifier) => !/^(\.|node:)/.test(specifier));
        for (const specifier of foreign) {
          assert.ok(packages.includes(specifier), `${folder}/${script} imports ${specifier}`);
        }
      }
    }
  });
});
