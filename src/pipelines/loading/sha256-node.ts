import type { Sha256 } from "./integrity.ts";

/** Node's own hash, imported only where one is asked for. */
export async function createSha256(): Promise<Sha256> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest(),
  };
}
