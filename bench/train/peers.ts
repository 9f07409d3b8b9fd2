import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { npm } from "../../scripts/npm.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));

/** A file of a peer's package, below `bench/train/node_modules`. */
export const peerFile = (path: string): string =>
  fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));

export const peersInstalled = (): boolean => existsSync(peerFile(".package-lock.json"));

export function installPeers(): void {
  npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}
