// The worker that measures this machine; one of its own, so that nothing else waits for it.
import { pipeline } from "electra-edge";
import { serveCalls } from "./calls.ts";

export interface Measurement {
  readonly kernels: "relaxed" | "simd";
  readonly threads: number;
  /** Undefined where this browser does not run it; then `reason` says why. */
  readonly tokensPerSecond: number | undefined;
  readonly milliseconds: number | undefined;
  readonly reason: string | undefined;
}

/** With `[CLS]` and `[SEP]` 128 tokens. */
const CHARACTERS = 126;
const WAYBILL = "收件人张三电话18600009172广东省深圳市南山区八马路与东平行路交叉口北40米";
const TEXT = WAYBILL.repeat(4).slice(0, CHARACTERS);
const MILLISECONDS = 1000;
const WARM_UP = 5;

const handlers = {
  /** Tags a text of 128 tokens over and over for a second; the median. */
  async measure(kernels: Measurement["kernels"], threads: number): Promise<Measurement> {
    try {
      const source = new URL("./models/waybill-zh.safetensors", import.meta.url);
      const tag = await pipeline("token-classification", source, { kernels, threads });
      try {
        if (tag.threads !== threads) throw new Error(tag.threadsReason);
        for (let i = 0; i < WARM_UP; i++) await tag(TEXT);
        const times: number[] = [];
        const begun = performance.now();
        for (let from = begun; from - begun < MILLISECONDS; ) {
          await tag(TEXT);
          const now = performance.now();
          times.push(now - from);
          from = now;
        }
        const milliseconds = times.sort((a, b) => a - b)[times.length >> 1]!;
        const tokensPerSecond = (1000 * (CHARACTERS + 2)) / milliseconds;
        return { kernels, threads, tokensPerSecond, milliseconds, reason: undefined };
      } finally {
        tag.dispose();
      }
    } catch (error) {
      const reason = (error as Error).message;
      return { kernels, threads, tokensPerSecond: undefined, milliseconds: undefined, reason };
    }
  },
};

export type BenchHandlers = typeof handlers;
serveCalls(handlers);
