import { once } from "node:events";
import { after } from "node:test";
import { DEFAULT_OPTIONS, type ServerOptions } from "../../src/server/options.ts";
import { type NamedSource, readServedModels } from "../../src/server/served-model.ts";
import { type Server, startServer } from "../../src/server/server.ts";
import { type Conditions, start } from "../cli/electra-edge.ts";

export const CONTENT = { "content-type": "application/json" };

const started = new Set<ReturnType<typeof start>>();
// Else a test that fails would wait for its server for ever.
after(() => {
  for (const child of started) child.kill("SIGKILL");
});

export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  /** Its log so far. */
  log(): Record<string, unknown>[];
  post(body: unknown, init?: RequestInit): Promise<Response>;
  /** @returns its exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** What it has printed for people. */
  printed(): string;
}

/** Starts `electra-edge serve`, on any free port unless told; resolves once it listens. */
export async function serve(args: readonly string[], conditions?: Conditions): Promise<RunningServer> {
  const child = start(["serve", "--port", "0", ...args], conditions);
  started.add(child);
  const closed = once(child, "close");
  let [stdout, stderr] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      const [, address] = /^listening on (\S+)\n/m.exec(stdout) ?? [];
      if (address !== undefined) resolve(address);
    });
    child.on("close", () => reject(new Error(`the server did not start: ${stderr}`)));
  });
  return {
    url,
    pid: child.pid!,
    log: () =>
      stderr
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line)),
    printed: () => stdout,
    post: (body, init = {}) =>
      fetch(`${url}/v1/token-classification`, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
        headers: { ...CONTENT, ...init.headers },
      }),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const [code] = await closed;
      return code;
    },
  };
}

/** Starts a server with workers that texts can end; see `crashing-worker.ts`. */
export async function startWithCrashingWorkers(
  source: NamedSource,
  options: Partial<ServerOptions>,
): Promise<Server> {
  const quiet = { ...DEFAULT_OPTIONS, port: 0, logLevel: "silent" } as const;
  const script = new URL("crashing-worker.ts", import.meta.url);
  return startServer(await readServedModels([source]), { ...quiet, ...options }, "0.0.0", script);
}

export async function ask(
  { address }: Server,
  inputs: string,
): Promise<[status: number, body: { error?: { code: string } }]> {
  const init = { method: "POST", headers: CONTENT, body: JSON.stringify({ inputs }) };
  const response = await fetch(`${address}/v1/token-classification`, init);
  return [response.status, (await response.json()) as object];
}

export const isReady = async ({ address }: Server): Promise<boolean> =>
  (await fetch(`${address}/health/ready`)).status === 200;

/** What `/metrics` says, by name and labels as they are written there. */
export async function metricsOf(url: string): Promise<ReadonlyMap<string, number>> {
  return parseExposition(await (await fetch(`${url}/metrics`)).text());
}

/** Prometheus's text format, version 0.0.4; throws where a line is none of it, or a sample has no type. */
export function parseExposition(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, typed, type] = /^# TYPE ([a-z_:]\w*) (counter|gauge|histogram|summary)$/i.exec(line) ?? [];
    if (typed !== undefined) types.set(typed, type!);
    if (line.startsWith("#")) continue;
    const [, name, labels = "", value] =
      /^([a-z_:]\w*)(\{(?:\w+="[^"\\\n]*",?)*\})? (\S+)$/i.exec(line) ?? [];
    if (name === undefined || (Number.isNaN(Number(value)) && !/^nan$/i.test(value!))) {
      throw new Error(`no sample: ${line}`);
    }
    const family = name.replace(/_(?:bucket|sum|count)$/, "");
    if (!types.has(name) && types.get(family) !== "histogram" && types.get(family) !== "summary") {
      throw new Error(`no type: ${line}`);
    }
    samples.set(name + labels, Number(value));
  }
  return samples;
}

/** Asks again and again until something holds. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
