import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Contender } from "../peers/measure.ts";

/**
 * PyTorch's step in a process of its own, which answers a line with a step.
 *
 * @param python an interpreter that has bench/train/requirements.txt installed
 * @param program of this folder
 * @param more of its arguments
 * @throws {Error} where it does not run, or lacks them
 */
export async function startTorch(
  python: string,
  program: "torch-step.py" | "torch-pretraining-step.py",
  more: readonly string[] = [],
): Promise<Contender & { close(): void }> {
  const script = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(python, ["-B", script, "--serve", ...more], { stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failure = new Promise<never>((_, reject) => {
    const say = (why: string) =>
      reject(
        new Error(`${python} ${why}: pip install -r bench/train/requirements.txt, and name it by --python`),
      );
    child.once("error", ({ message }) => say(`does not start (${message})`));
    child.once("exit", (code) => say(`ended with status ${code}`));
  });
  failure.catch(() => {}); // its end after close() is none
  await Promise.race([once(child, "spawn"), failure]);

  const run = async () => {
    child.stdin.write("\n");
    const answer = await Promise.race([answers.next(), failure]);
    if (answer.done) return failure;
    return (JSON.parse(answer.value) as { loss: number }).loss;
  };
  return { name: "PyTorch", run, close: () => child.stdin.end() };
}
