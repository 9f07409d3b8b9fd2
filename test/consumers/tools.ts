import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { npm } from "../../scripts/npm.ts";

/** Where the tools of those who use the package are installed. */
export const CONSUMERS = fileURLToPath(new URL(".", import.meta.url));

/** What installs them, for those who read that they are missing. */
const INSTALL_COMMAND = "npm ci --ignore-scripts --prefix test/consumers";

export const toolFile = (path: string): string => `${CONSUMERS}node_modules/${path}`;

export const consumerToolsInstalled = (): boolean => existsSync(toolFile(".package-lock.json"));

/** Without install scripts: every tool comes with its programs as packages. */
export function installConsumerTools(): void {
  npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: CONSUMERS,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** A test that says why it is skipped where the tools are missing, and fails then where CI is set. */
export function consumerTest(name: string, run: (t: TestContext) => Promise<void>): void {
  test(name, { timeout: 170_000 }, async (t) => {
    if (consumerToolsInstalled()) return run(t);
    const missing = `the consumers' tools are missing; \`${INSTALL_COMMAND}\` installs them`;
    assert.ok(!process.env["CI"], missing);
    t.skip(missing);
  });
}
