import type { Page } from "playwright-core";
import { LIBRARY } from "./page-server.ts";

/** How a page loads a model. */
export interface LoadingOptions {
  readonly cache?: boolean | string;
  readonly integrity?: string;
  /** Aborts when so many bytes have been read. */
  readonly abortAt?: number;
}

/** Loads a model in a page: its license, or the code or name of the error. */
export function load(page: Page, url: string, options: LoadingOptions): Promise<string> {
  return page.evaluate(
    async ([library, url, { abortAt = Number.POSITIVE_INFINITY, ...options }]) => {
      const { pipeline } = await import(library);
      const abort = new AbortController();
      const onProgress = ({ loaded }: { loaded: number }) => {
        if (loaded >= abortAt) abort.abort();
      };
      try {
        const signal = abort.signal;
        const tag = await pipeline("token-classification", url, { ...options, signal, onProgress });
        await tag("张三");
        return `loaded ${tag.model.metadata.license ?? "first"}`;
      } catch (error) {
        return (error as { code: unknown }).code === undefined || error instanceof DOMException
          ? (error as Error).name
          : String((error as { code: unknown }).code);
      }
    },
    [LIBRARY, url, options] as const,
  );
}

/** What a page's caches hold: each cache's name and the lengths of its entries. */
export function held(page: Page): Promise<Record<string, number[]>> {
  return page.evaluate(async () => {
    const lengths: Record<string, number[]> = {};
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      const entries = await cache.matchAll();
      lengths[name] = await Promise.all(entries.map(async (entry) => (await entry.arrayBuffer()).byteLength));
    }
    return lengths;
  });
}
