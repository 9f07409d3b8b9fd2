import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { npm } from "../../scripts/npm.ts";
import { OFFLINE } from "../examples/workers-runtime.ts";
import type { PageSteps } from "./page-steps.ts";
import { TOOLS } from "./tools.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { bin, dependencies, version } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));

export const MODEL = `${ROOT}weights/waybill-zh.safetensors`;

/** As users have it beside their program, and where a server would have it. */
const MODEL_PLACES = ["waybill-zh.safetensors", "public/waybill-zh.safetensors"];

/** The package as it would be published, for the tests of a file, and the projects that they make with it. */
export class PackedPackage {
  /** What `npm pack` has made. */
  tarball = "";
  #folder = "";
  readonly #projects: string[] = [];

  constructor() {
    before(async () => {
      this.#folder = await mkdtemp(join(tmpdir(), "electra-edge-packed-"));
      npm(["pack", "--ignore-scripts", "--silent", "--pack-destination", this.#folder], {
        cwd: ROOT,
        stdio: ["ignore", "ignore", "inherit"],
      });
      this.tarball = join(this.#folder, `electra-edge-${version}.tgz`);
    });
    after(async () => {
      for (const folder of [this.#folder, ...this.#projects]) {
        await rm(folder, { recursive: true, maxRetries: 5, retryDelay: 200 });
      }
    });
  }

  /**
   * A fresh project with a page's files, the model, and in its `node_modules` the packed package with the dependencies that it
   * names, and no others.
   *
   * @param tools packages that the project has too
   * @returns its folder
   */
  async createProject(files: PageSteps["files"], tools: readonly string[] = []): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "electra-edge-project-"));
    this.#projects.push(folder);
    await writeFile(
      join(folder, "package.json"),
      JSON.stringify({ dependencies: { "electra-edge": version } }),
    );
    for (const [name, content] of files) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    await mkdir(join(folder, "public"), { recursive: true });
    for (const place of MODEL_PLACES) await cp(MODEL, join(folder, place));

    const modules = join(folder, "node_modules");
    await mkdir(modules);
    await runIn(modules, `tar -xzf "${this.tarball}"`);
    await rename(join(modules, "package"), join(modules, "electra-edge"));
    for (const name of Object.keys(dependencies)) {
      await mkdir(dirname(join(modules, name)), { recursive: true });
      await symlink(`${ROOT}node_modules/${name}`, join(modules, name));
    }
    await installTools(modules, tools);
    await linkPrograms(join(modules, ".bin"));
    return folder;
  }
}

/** What `npx` finds in a project: its own tools, else those of all projects, and the package's own programs. */
async function linkPrograms(folder: string): Promise<void> {
  await mkdir(folder);
  const tools = TOOLS.installed ? await readdir(TOOLS.file(".bin")) : [];
  for (const name of tools) {
    const shared = TOOLS.file(`.bin/${name}`);
    const own = await readlink(shared);
    await symlink(existsSync(join(folder, own)) ? own : shared, join(folder, name));
  }
  for (const [name, path] of Object.entries(bin)) {
    await symlink(`../electra-edge/${path}`, join(folder, name));
    await chmod(join(folder, name), 0o755); // as npm does
  }
}

/** Gives a project tools with all that they need, as files of its own: by hard links, where the disk has them. */
async function installTools(modules: string, names: readonly string[]): Promise<void> {
  const packages = new Set(names);
  for (const name of packages) {
    const from = TOOLS.file(name);
    if (!existsSync(from)) continue; // what is for other platforms
    const needed = JSON.parse(readFileSync(`${from}/package.json`, "utf8"));
    for (const key of Object.keys({ ...needed.dependencies, ...needed.optionalDependencies }))
      packages.add(key);
    const to = join(modules, name);
    await mkdir(dirname(to), { recursive: true });
    await runIn(modules, `cp -al "${from}" "${to}" || cp -R "${from}" "${to}"`);
  }
}

/**
 * Runs commands of the shell in a folder, with nothing outside the machine to ask.
 *
 * @param programs folders that are looked in for programs first
 * @returns what they print
 */
export async function runIn(
  folder: string,
  commands: string,
  programs: readonly string[] = [],
): Promise<string> {
  const shell = spawn("bash", ["-euo", "pipefail", "-c", commands], {
    cwd: folder,
    env: {
      ...OFFLINE,
      NEXT_TELEMETRY_DISABLED: "1",
      PATH: [...programs, dirname(process.execPath), process.env["PATH"]].join(delimiter),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => shell.once("exit", resolve));
  const [status, printed, complaints] = await Promise.all([ended, text(shell.stdout), text(shell.stderr)]);
  assert.equal(status, 0, `${commands}${printed}${complaints}`);
  return printed;
}
