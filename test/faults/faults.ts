import { existsSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Conditions } from "../cli/electra-edge.ts";

const preload = (name: string) => ["--import", fileURLToPath(new URL(name, import.meta.url))];

/** A clock that goes backwards, a minute at each look. */
export const BACKWARD_CLOCK: Conditions = { node: preload("backward-clock.js") };

/** The steps by which a file gets to its place. */
export const WRITING = ["writeFile", "sync", "rename"] as const;

/**
 * A disk that fails at one of {@link WRITING}, or at `appendFile`.
 *
 * @param deed an error's code, or KILL, where the process dies on the spot
 * @param file part of the name of the file that it happens to, for the `nth` time
 */
export const faultyDisk = (deed: string, operation: string, file: string, nth = 1): Conditions => ({
  node: preload("faulty-disk.js"),
  env: { FAULT: `${deed} ${operation} ${file} ${nth}` },
});

/** Worker threads that end by themselves, each at its `nth` message. */
export const dyingThreads = (nth: number): Conditions => ({
  node: preload("dying-thread.js"),
  env: { THREAD_ENDS_AT: `${nth}` },
});

/** A system that lets no file grow beyond some blocks of 512 or 1,024 bytes, and refuses it as it does on a full disk. */
export const noFileBeyond = (blocks: number): Conditions => ({
  shell: `ulimit -f ${blocks}; exec "$@"`,
});

/** A device that takes nothing: it stands in for a full disk under what is printed. */
const FULL = "/dev/full";

/** Whether {@link fullUnder} works here; where not, the test is skipped. */
export function hasFullDevice(t: TestContext): boolean {
  if (existsSync(FULL)) return true;
  t.skip(`this system has no ${FULL}`);
  return false;
}

/** @param output 1 for results, 2 for logs and progress */
export const fullUnder = (output: 1 | 2): Conditions => ({ shell: `exec "$@" ${output}> ${FULL}` });

const NOBODY = 65_534;

/** Makes a folder that nothing can be written to, and says who is to try: the superuser may write anywhere. */
export async function readOnlyFolder(path: string): Promise<Conditions> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o555);
  return process.getuid?.() === 0 ? { user: NOBODY } : {};
}
