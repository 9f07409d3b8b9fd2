import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
};

/** What the pages of docs/deploy/browsers.md ask of a server. */
const HEADERS = {
  "content-security-policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

export interface PageHost {
  readonly origin: string;
  close(): void;
}

/** Serves a folder on loopback, its pages isolated and under a strict content security policy. */
export async function hostFolder(folder: string): Promise<PageHost> {
  const server = createServer(async ({ url = "/" }, response) => {
    const path = join(folder, url === "/" ? "index.html" : new URL(url, "http://localhost").pathname);
    const content = await readFile(path).catch(() => undefined);
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    response.writeHead(content === undefined ? 404 : 200, { ...HEADERS, "content-type": type }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
