import { type TestContext, test } from "node:test";
import { OwnPackages } from "../../scripts/own-packages.ts";
import { skipWithout } from "../without.ts";

/** The tools of those who use the package. */
export const TOOLS = new OwnPackages(new URL(".", import.meta.url));

/** A test that says why it is skipped where the tools are missing, and fails then where CI is set. */
export function consumerTest(name: string, run: (t: TestContext) => Promise<void>): void {
  test(name, { timeout: 170_000 }, async (t) => {
    if (TOOLS.installed) return run(t);
    skipWithout(t, `the consumers' tools are missing; \`${TOOLS.installCommand}\` installs them`);
  });
}
