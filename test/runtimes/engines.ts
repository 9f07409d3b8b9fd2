import { existsSync } from "node:fs";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { skipWithout } from "../without.ts";

/** An engine that comes as an npm package, which `npm run test:setup` installs. */
export interface EnginePackage {
  readonly specifier: string;
  readonly folder: string;
  readonly program: string;
}

const enginePackage = (specifier: string, folder: string, binary: string): EnginePackage => {
  const path = fileURLToPath(new URL(`../../build/${folder}`, import.meta.url));
  return { specifier, folder: path, program: `${path}/node_modules/.bin/${binary}` };
};

/** The oldest that the built library promises to run on. */
export const NODE_20 = enginePackage("node@20", "node-20", "node");
export const NODE_22 = enginePackage("node@22", "node-22", "node");
/** JavaScriptCore, Safari's engine. */
export const BUN = enginePackage("bun@1", "bun", "bun");

export const ENGINE_PACKAGES: readonly EnginePackage[] = [NODE_20, NODE_22, BUN];

/** Whether an engine is there; where not, the test is skipped, or fails where CI is set. */
export function isThere(t: TestContext, name: string, program: string | undefined): program is string {
  if (program !== undefined && existsSync(program)) return true;
  const missing = `${name} is missing; \`npm run test:setup\` installs it`;
  skipWithout(t, missing);
  return false;
}
