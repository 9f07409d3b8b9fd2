// `npm run bench:serve`: a server under twice the load that it can take, for a minute. `--seconds 10` is quicker, `--json`
// prints the figures alone, `--workers 2` and `--model FILE` try others.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { renderTable } from "../../src/cli/render/table.ts";
import { styleFor, write } from "../../src/cli/terminal.ts";
import { readDataset } from "../../src/data/index.ts";

const pathTo = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    model: { type: "string", default: pathTo("weights/waybill-zh.safetensors") },
    workers: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});

const SECONDS = Number(options.seconds);
const STEP_SECONDS = Math.min(8, SECONDS);
const MAX_QUEUE = 64;
/** In milliseconds: the bound that latency is held to. */
const REQUEST_TIMEOUT = 10_000;
/** More than may wait, so that there are some to refuse. */
const CLIENTS = 4 * MAX_QUEUE;

interface Figures {
  readonly capacity_per_second: number;
  readonly offered_per_second: number;
  readonly answered: number;
  readonly refused: number;
  /** Neither 200 nor 429, broken off, or without an answer. */
  readonly lost: number;
  /** Of answered requests, in milliseconds. */
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly refused_p99_ms: number;
  readonly bound_ms: number;
  /** The server process's, after a sixth of the time and at its end. */
  readonly resident_mb_early: number;
  readonly resident_mb_end: number;
  readonly exit_code: number | null;
}

interface Load {
  readonly seconds: number;
  /** Requests a second. */
  readonly rate: number;
}

/** Milliseconds of each response, by status; and how many requests had none. */
interface Outcome {
  readonly times: ReadonlyMap<number, readonly number[]>;
  readonly lost: number;
  readonly perSecond: number;
}

async function load(url: string, bodies: readonly string[], { seconds, rate }: Load) {
  const times = new Map<number, number[]>();
  const result = new Promise<autocannon.Result>((resolve, reject) => {
    const settings: autocannon.Options = {
      url: `${url}/v1/token-classification`,
      connections: CLIENTS,
      duration: seconds,
      timeout: (2 * REQUEST_TIMEOUT) / 1000,
      requests: bodies.map((body) => ({
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      })),
      overallRate: rate,
    };
    const cannon = autocannon(settings, (error, finished) => (error ? reject(error) : resolve(finished)));
    cannon.on("response", (_client, status, _bytes, milliseconds) => {
      if (!times.has(status)) times.set(status, []);
      times.get(status)!.push(milliseconds);
    });
  });
  const { errors, timeouts, duration } = await result;
  const outcome: Outcome = {
    times,
    lost: errors + timeouts,
    perSecond: (times.get(200)?.length ?? 0) / duration,
  };
  return outcome;
}

/** Asks for more and more, until no half of it is answered: what was asked is then twice what the server takes. */
async function findLoad(url: string, bodies: readonly string[]): Promise<{ capacity: number; rate: number }> {
  // A server that has just started compiles as it goes.
  await load(url, bodies, { seconds: STEP_SECONDS, rate: 16 });
  for (let rate = 32; ; rate *= 2) {
    const { times, perSecond } = await load(url, bodies, { seconds: STEP_SECONDS, rate });
    const [answered, refused] = [200, 429].map((status) => times.get(status)?.length ?? 0);
    if (refused! >= answered!) return { capacity: perSecond, rate };
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

async function residentMegabytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)![1]) / 1e6;
}

async function bench(): Promise<Figures> {
  const { examples } = await readDataset(pathTo("test/fixtures/waybill-made-up/dev.txt"));
  const bodies = examples.map(({ text }) => JSON.stringify({ inputs: text }));
  const limits = ["--max-queue", String(MAX_QUEUE), "--request-timeout", String(REQUEST_TIMEOUT)];
  const args = [options.model, "--workers", options.workers, "--port", "0", "--log-level", "error"];
  const server = spawn(process.execPath, [pathTo("src/cli/main.ts"), "serve", ...args, ...limits], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(server, "close");
  try {
    let printed = "";
    const url = await new Promise<string>((resolve, reject) => {
      server.stdout.on("data", (text) => {
        printed += text;
        const [, address] = /^listening on (\S+)\n/m.exec(printed) ?? [];
        if (address !== undefined) resolve(address);
      });
      void closed.then(() => reject(new Error("the server did not start")));
    });
    const { capacity, rate } = await findLoad(url, bodies);
    const beyond = load(url, bodies, { seconds: SECONDS, rate });
    await new Promise((resolve) => setTimeout(resolve, (SECONDS * 1000) / 6));
    const early = await residentMegabytes(url);
    const { times, lost } = await beyond;
    const end = await residentMegabytes(url);
    server.kill("SIGTERM");
    const [exitCode] = await closed;
    const [answered, refused] = [times.get(200) ?? [], times.get(429) ?? []];
    const others = [...times].filter(([status]) => status !== 200 && status !== 429);
    return {
      capacity_per_second: capacity,
      offered_per_second: rate,
      answered: answered.length,
      refused: refused.length,
      lost: lost + others.reduce((sum, [, each]) => sum + each.length, 0),
      p50_ms: percentile(answered, 0.5),
      p99_ms: percentile(answered, 0.99),
      refused_p99_ms: percentile(refused, 0.99),
      bound_ms: REQUEST_TIMEOUT,
      resident_mb_early: early,
      resident_mb_end: end,
      exit_code: exitCode,
    };
  } finally {
    server.kill("SIGKILL");
  }
}

const figures = await bench();
if (options.json) {
  await write(process.stdout, `${JSON.stringify(figures, undefined, 2)}\n`);
} else {
  const rows = Object.entries(figures).map(([name, value]) => [
    name.replaceAll("_", " "),
    Number.isInteger(value) ? String(value) : value.toFixed(1),
  ]);
  await write(
    process.stdout,
    renderTable(
      { head: ["figure", "value"], align: ["left", "right"], rows },
      styleFor(process.stdout, process.env),
    ),
  );
}
// Where none was refused, the load was none.
const held =
  figures.refused > 0 && figures.lost === 0 && figures.p99_ms <= figures.bound_ms && figures.exit_code === 0;
process.exitCode = held ? 0 : 1;
