import { createHash, timingSafeEqual } from "node:crypto";
import type { onRequestHookHandler } from "fastify";
import { ServingError } from "./errors.ts";

/** Refuses who doesn't show the token. How long that takes tells nothing of it: hashes are compared, whole. */
export function requireToken(token: string): onRequestHookHandler {
  const expected = sha256(token);
  return (request, reply, done) => {
    const [, shown = ""] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (timingSafeEqual(sha256(shown), expected)) return done();
    reply.header("www-authenticate", "Bearer");
    done(new ServingError("unauthorized", "this server asks for a token: Authorization: Bearer TOKEN"));
  };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest();
