import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const pathTo = (path: string) => fileURLToPath(new URL(path, root));

const MAIN = pathTo("src/cli/main.ts");
export const MODEL = pathTo("test/fixtures/waybill-made-up/model.safetensors");
export const MADE_UP = pathTo("test/fixtures/waybill-made-up/dev.txt");
export const HEADS = pathTo("test/fixtures/heads/");
export const REAL = pathTo("../shared/data/waybill/dev.txt");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Conditions {
  /** What is piped in; nothing by default. */
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  /** Another copy's entry. */
  readonly main?: string;
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** What a shell does around it, in which `"$@"` is the command. */
  readonly shell?: string;
  /** Who runs it: a number, for the superuser to become. */
  readonly user?: number;
}

/** Starts the command line as a user's shell would, without a terminal and without the caller's colour settings. */
export function start(
  args: readonly string[],
  { env = {}, main = MAIN, node = [], shell, user }: Conditions = {},
) {
  const { NO_COLOR, FORCE_COLOR, CI, ...inherited } = process.env;
  const command = [process.execPath, ...node, main, ...args];
  const [program, ...rest] = shell === undefined ? command : ["sh", "-c", shell, "sh", ...command];
  const as = user === undefined ? {} : { uid: user, gid: user };
  return spawn(program!, rest, { env: { ...inherited, ...env }, ...as });
}

/** Runs the command line to its end. */
export async function electraEdge(args: readonly string[], conditions: Conditions = {}): Promise<Outcome> {
  const child = start(args, conditions);
  const collected = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      collected[name] += chunk;
    });
  }
  // A command that reads no input may be gone before it is written.
  child.stdin.on("error", () => {});
  child.stdin.end(conditions.input ?? "");
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  return { code, ...collected };
}

/** Runs the command line, which must do its work. @returns what it prints */
export async function succeed(args: readonly string[], conditions?: Conditions): Promise<string> {
  const { code, stdout, stderr } = await electraEdge(args, conditions);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Runs the command line, which must refuse, for the reason that is expected. */
export async function fail(args: readonly string[], expected: RegExp, code = 1): Promise<void> {
  const outcome = await electraEdge(args);
  assert.match(outcome.stderr, expected);
  assert.equal(outcome.code, code);
}
