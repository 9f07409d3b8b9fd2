import { randomModel } from "../model/random-model.ts";

/** A small model file; the tests of loading ask nothing of it but that it is whole. */
export const modelBytes = randomModel();

/** A stream of `content`, `size` bytes at a time; `cancelled` is why it was cancelled, if it was. */
export function chunked(size: number, content = modelBytes) {
  let at = 0;
  const source = { cancelled: undefined as unknown, pulled: 0 };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= content.length) return controller.close();
        controller.enqueue(content.slice(at, at + size));
        at += size;
        source.pulled += size;
      },
      cancel(reason) {
        source.cancelled = reason ?? "no reason";
      },
    },
    { highWaterMark: 0 },
  );
  return Object.assign(source, { stream });
}
