// Serves the built page on loopback, isolated from other origins so that its workers may share memory with threads.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";

const SITE = fileURLToPath(new URL("../../build/playground/site/", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".safetensors": "application/octet-stream",
};

const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "content-security-policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:",
  "cache-control": "no-cache",
  "x-content-type-options": "nosniff",
};

/** @returns the file that a request's path names; undefined where it would lie outside of the site */
function fileOf(url: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return undefined;
  }
  if (path.includes("\0")) return undefined;
  const file = normalize(join(SITE, path.endsWith("/") ? `${path}index.html` : path));
  return file.startsWith(SITE) ? file : undefined;
}

const server = createServer(async (request, response) => {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return response.writeHead(405, { ...HEADERS, allow: "GET, HEAD" }).end();
  }
  const file = fileOf(request.url ?? "/");
  const type = file && TYPES[extname(file)];
  const found = file && type ? await stat(file).catch(() => undefined) : undefined;
  if (!found?.isFile()) return response.writeHead(404, HEADERS).end("not found\n");
  response.writeHead(200, { ...HEADERS, "content-type": type, "content-length": found.size });
  if (request.method === "HEAD") return response.end();
  // A reader that leaves early is no failure of the server's.
  return pipeline(createReadStream(file!), response).catch(() => response.destroy());
});

server.listen(Number(process.env["PORT"] ?? 8080), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
