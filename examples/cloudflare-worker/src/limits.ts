// What a request or an object may be. They bound the CPU and the memory that one can take: docs/deploy/cloudflare-workers.md.
export const MAX_BODY_BYTES = 64 * 1024;
export const MAX_TEXTS = 64;
/** In UTF-16 units, as JavaScript counts a string's length. */
export const MAX_TEXT_LENGTH = 2000;
export const MAX_OBJECT_BYTES = 256 * 1024;
/** In milliseconds. */
export const MAX_LOADING_TIME = 20_000;
