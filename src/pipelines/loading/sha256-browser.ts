import { sha256 } from "@noble/hashes/sha2.js";
import type { Sha256 } from "./integrity.ts";

/** A hash in JavaScript: `SubtleCrypto.digest` would want the whole file at once. */
export function createSha256(): Sha256 {
  const hash = sha256.create();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest(),
  };
}
