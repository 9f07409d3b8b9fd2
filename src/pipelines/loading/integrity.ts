import { InputError, ModelFileError } from "../../errors.ts";
import type { ByteReader } from "../../model/file/byte-reader.ts";

/** SHA-256 over bytes that come in parts; the platform's own where it has one. */
export interface Sha256 {
  /** Has taken the bytes in once it resolves. */
  update(bytes: Uint8Array): void | Promise<void>;
  digest(): Uint8Array | Promise<Uint8Array>;
}

/** What a file's bytes must hash to. */
export interface Integrity {
  /** As the user wrote it, in the one spelling that its notation has for it. */
  readonly expected: string;
  /** A digest in the same notation. */
  format(digest: Uint8Array): string;
}

const DIGEST_BYTES = 32;

/**
 * @param option `sha256-` and base64 as in HTML's `integrity`, or 64 hexadecimal digits as `sha256sum` prints them
 * @throws {InputError} `bad-option`
 */
export function parseIntegrity(option: string): Integrity {
  const [, base64] = /^sha256-([A-Za-z0-9+/]{43}=)$/.exec(option) ?? [];
  if (base64 !== undefined) {
    // The last digit has two bits to spare: decoded and encoded again they are zero.
    return { expected: `sha256-${btoa(atob(base64))}`, format: (digest) => `sha256-${toBase64(digest)}` };
  }
  if (typeof option === "string" && new RegExp(`^[0-9a-f]{${DIGEST_BYTES * 2}}$`, "i").test(option)) {
    return { expected: option.toLowerCase(), format: toHex };
  }
  throw new InputError(
    "bad-option",
    `integrity must be one SHA-256, "sha256-" and base64 or 64 hexadecimal digits, not ${JSON.stringify(option)}`,
  );
}

/** Hashes a file's bytes as they are read. */
export class HashingReader implements ByteReader {
  readonly #reader: ByteReader;
  readonly #hash: Sha256;

  constructor(reader: ByteReader, hash: Sha256) {
    this.#reader = reader;
    this.#hash = hash;
  }

  get name(): string {
    return this.#reader.name;
  }

  get byteLength(): number | undefined {
    return this.#reader.byteLength;
  }

  async read(count: number): Promise<Uint8Array> {
    const bytes = await this.#reader.read(count);
    await this.#hash.update(bytes);
    return bytes;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  /**
   * Call once, when all has been read.
   *
   * @throws {ModelFileError} `integrity`, with both hashes
   */
  async verify({ expected, format }: Integrity): Promise<void> {
    const actual = format(await this.#hash.digest());
    if (actual === expected) return;
    throw new ModelFileError(
      "integrity",
      this.name,
      `expected the file's SHA-256 to be ${expected}, got ${actual}`,
    );
  }
}

const toBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
