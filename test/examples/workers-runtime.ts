import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { OwnPackages } from "../../scripts/own-packages.ts";

// The part of wrangler's and Miniflare's interfaces that is used here; their own types are there only once the example's
// packages are installed.

export interface Bucket {
  put(key: string, value: string | Uint8Array): Promise<{ etag: string }>;
  get(key: string): Promise<{ text(): Promise<string> } | null>;
  list(options?: {
    cursor?: string;
  }): Promise<{ objects: { key: string }[]; truncated: boolean; cursor?: string }>;
  delete(key: string): Promise<void>;
}

export interface Miniflare {
  readonly ready: Promise<URL>;
  getR2Bucket(binding: string, worker?: string): Promise<Bucket>;
  getQueueProducer(binding: string, worker?: string): Promise<{ send(body: unknown): Promise<unknown> }>;
  getInspectorURL(): Promise<URL>;
  dispose(): Promise<void>;
}

interface ModuleDefinition {
  readonly type: "ESModule" | "CompiledWasm" | "Text";
  readonly path: string;
  readonly contents: string | Uint8Array;
}

export type WorkerOptions = Record<string, unknown> & {
  readonly queueConsumers: Readonly<Record<string, object>>;
};

/** The packages that the example names: wrangler and Miniflare among them. */
export const PACKAGES = new OwnPackages(new URL("../../examples/cloudflare-worker/", import.meta.url));
export const EXAMPLE = PACKAGES.folder;

/** Nothing outside is asked: every proxy leads nowhere. */
export const OFFLINE = {
  ...process.env,
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  HTTPS_PROXY: "http://127.0.0.1:9",
  HTTP_PROXY: "http://127.0.0.1:9",
  NO_PROXY: "127.0.0.1,localhost",
};

/** Builds what `wrangler deploy` would upload. */
export function buildWorker(folder: string, config: string): void {
  const program = PACKAGES.file("wrangler/bin/wrangler.js");
  const flags = ["deploy", "--dry-run", "--outdir", folder, "--config", config];
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...flags], {
    cwd: EXAMPLE,
    env: { ...OFFLINE, XDG_CONFIG_HOME: folder },
    encoding: "utf8",
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

const MODULE_TYPES = { js: "ESModule", wasm: "CompiledWasm", html: "Text" } as const;

/** What a dry run has left that would be uploaded; the entry first. */
export async function uploadedModules(folder: string): Promise<ModuleDefinition[]> {
  const modules: ModuleDefinition[] = [];
  for (const path of await readdir(folder)) {
    const type = MODULE_TYPES[path.split(".").at(-1) as keyof typeof MODULE_TYPES];
    if (type === undefined) continue; // a source map, and wrangler's note
    const bytes = await readFile(`${folder}/${path}`);
    modules.push({ type, path, contents: type === "CompiledWasm" ? bytes : bytes.toString() });
  }
  return modules.sort((a, b) => Number(b.path === "worker.js") - Number(a.path === "worker.js"));
}

/** What `wrangler.jsonc` binds, as Miniflare's options. */
export async function configuredOptions(config: string): Promise<WorkerOptions> {
  const { unstable_getMiniflareWorkerOptions: read } = await import(
    pathToFileURL(PACKAGES.file("wrangler/wrangler-dist/cli.js")).href
  );
  const { modulesRules: _, ...options } = read(`${EXAMPLE}${config}`).workerOptions;
  return options;
}

/** What the Workers log of refusals is expected, and no test's output. */
const handleStructuredLogs = () => {};

/** Starts Workers in workerd, on loopback; the first is the one that answers. */
export async function startMiniflare(options: Readonly<Record<string, unknown>>): Promise<Miniflare> {
  const { Miniflare } = await importMiniflare();
  return new Miniflare({
    host: "127.0.0.1",
    port: 0,
    telemetry: { enabled: false },
    handleStructuredLogs,
    ...options,
  });
}

/** The `Response` that Miniflare takes from a function that stands for a service. */
export async function miniflareResponse(): Promise<typeof Response> {
  const { Response } = await importMiniflare();
  return Response;
}

const importMiniflare = () => import(pathToFileURL(PACKAGES.file("miniflare/dist/src/index.js")).href);
