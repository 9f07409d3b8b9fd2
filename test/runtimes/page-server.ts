import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** Where the browser bundle is served, for a page to import. */
export const LIBRARY = "/electra-edge.js";

/** The script of the library's threads, which is looked for beside it. */
export const TEAM_MEMBER = "/team-member.js";

/** The trainer's bundle, and the script of its threads. */
export const TRAINER = "/electra-edge-train.js";
export const TRAINING_MEMBER = "/training-member.js";

const SCRIPTS: Readonly<Record<string, URL>> = {
  [LIBRARY]: new URL("../../dist/browser/index.js", import.meta.url),
  [TEAM_MEMBER]: new URL("../../dist/browser/team-member.js", import.meta.url),
  [TRAINER]: new URL("../../dist/browser/train.js", import.meta.url),
  [TRAINING_MEMBER]: new URL("../../dist/browser/training-member.js", import.meta.url),
};

/** What extensions are held to: no inline script, no eval, no script from a blob; only WebAssembly may be compiled. */
const CONTENT_SECURITY_POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

export interface PageServer {
  readonly origin: string;
  /** Every path asked for so far, but for the page's own. */
  readonly requested: string[];
  close(): void;
}

export interface PageOptions {
  /** What is answered beside the page and the library, or in their place, by path. */
  readonly routes: Readonly<Record<string, RequestListener>>;
  /** Whether pages are cross-origin isolated, and so may share memory with threads. */
  readonly isolated?: boolean;
  /** The script that the page starts with. */
  readonly script?: string;
}

/** Serves a page under a strict content security policy, with the built library beside it, on loopback. */
export async function startPageServer({ routes, isolated, script }: PageOptions): Promise<PageServer> {
  const requested: string[] = [];
  const server = createServer(async (request, response) => {
    const { url = "/" } = request;
    response.setHeader("content-security-policy", CONTENT_SECURITY_POLICY);
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    if (url === "/" || url === "/favicon.ico") {
      response.setHeader("content-type", "text/html");
      const start = script === undefined ? "" : `<script type="module" src="${script}"></script>`;
      return response.end(`<!doctype html><title>test</title>${start}`);
    }
    requested.push(url);
    const [route, file] = [routes[url], SCRIPTS[url]];
    response.setHeader("content-type", file === undefined ? "application/octet-stream" : "text/javascript");
    if (route !== undefined) return route(request, response);
    return file === undefined ? response.writeHead(404).end() : response.end(await readFile(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requested,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
