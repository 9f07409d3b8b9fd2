import { RequestError } from "./errors.ts";

/**
 * Refuses who doesn't show the token. How long that takes tells nothing of it: hashes are compared, whole.
 *
 * @param token where there is none, nobody is let in
 * @throws {RequestError} 401
 */
export async function requireToken(request: Request, token: string | undefined): Promise<void> {
  const [, shown = ""] = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  const [shownHash, expectedHash] = await Promise.all([sha256(shown), sha256(token ?? "")]);
  if (crypto.subtle.timingSafeEqual(shownHash, expectedHash) && token) return;
  throw new RequestError(401, "unauthorized", "this needs a token: Authorization: Bearer TOKEN", {
    "www-authenticate": "Bearer",
  });
}

const sha256 = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
