import type { Sha256 } from "./integrity.ts";

/** Cloudflare's addition to Web Crypto; the DOM's types don't know it. */
interface DigestStream extends WritableStream<Uint8Array> {
  readonly digest: Promise<ArrayBuffer>;
}

/** The Workers' own hash, which is a stream to write to. */
export function createSha256(): Sha256 {
  const { DigestStream } = crypto as unknown as { DigestStream: new (algorithm: "SHA-256") => DigestStream };
  const stream = new DigestStream("SHA-256");
  // Where loading fails this is never asked for, and nobody else hears of its failure.
  stream.digest.catch(() => {});
  const writer = stream.getWriter();
  return {
    update: (bytes) => writer.write(bytes),
    async digest() {
      await writer.close();
      return new Uint8Array(await stream.digest);
    },
  };
}
