import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { workerTest } from "./worker-harness.ts";
import { EXAMPLE, OFFLINE } from "./workers-runtime.ts";

const README = readFileSync(`${EXAMPLE}README.md`, "utf8");
const COMMANDS = Array.from(README.matchAll(/^```sh\n(.*?)^```$/gms), ([, code]) => code).join("");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

workerTest(
  "the commands of examples/cloudflare-worker do what its README says",
  async () => {
    const root = await mkdtemp(join(tmpdir(), "electra-edge-readme-"));
    const folder = join(root, "examples/cloudflare-worker");
    await mkdir(folder, { recursive: true });
    for (const name of ["src", "package.json", "wrangler.jsonc"]) {
      await cp(`${EXAMPLE}${name}`, join(folder, name), { recursive: true });
    }
    await symlink(`${EXAMPLE}node_modules`, join(folder, "node_modules"));
    await symlink(fileURLToPath(new URL("../../weights", import.meta.url)), join(root, "weights"));
    const commands = COMMANDS.replaceAll("8787", String(await freePort()));
    const shell = spawn("bash", ["-euo", "pipefail", "-c", commands], {
      cwd: folder,
      env: { ...OFFLINE, XDG_CONFIG_HOME: root },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // the head of a group, so that nothing that it starts outlives the test
    });
    try {
      const ended = new Promise<number | null>((resolve) => shell.once("exit", resolve));
      const [status, printed, complaints] = await Promise.all([
        ended,
        text(shell.stdout),
        text(shell.stderr),
      ]);
      assert.equal(status, 0, complaints);
      const [refused, one, several] = printed.trimEnd().split("\n").slice(-3);
      assert.equal(JSON.parse(refused!).error.code, "unauthorized");
      const words = (entities: { word: string }[]) => entities.map(({ word }) => word);
      assert.deepEqual(words(JSON.parse(one!)), ["张三", "18600009172"]);
      assert.deepEqual(JSON.parse(several!).map(words), [
        ["张三", "18600009172"],
        ["广东省", "深圳市"],
      ]);
    } finally {
      try {
        process.kill(-shell.pid!, "SIGKILL");
      } catch {
        // all of it has ended
      }
      await rm(root, { recursive: true, maxRetries: 5, retryDelay: 200 });
    }
  },
  { timeout: 300_000 },
);
