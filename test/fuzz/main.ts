// `npm run fuzz -- TARGET --seconds N`: coverage-guided fuzzing of one parser by Jazzer.js, from seeds made here and what
// earlier runs have kept in `build/fuzz`. `--runs N` ends after that many executions; `--replay` runs what is kept, outside
// of the fuzzer, and prints line coverage and costs. `docs/security.md` has the figures.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { OwnPackages } from "../../scripts/own-packages.ts";
import { REGRESSIONS } from "../attacks/regressions.ts";
import { environmentFor } from "./old-glibc.ts";
import { replay } from "./replay.ts";
import { isTargetName, loadTarget, TARGETS, type TargetName } from "./target.ts";

const PACKAGES = new OwnPackages(new URL(".", import.meta.url));

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    runs: { type: "string" },
    replay: { type: "boolean", default: false },
  },
});

const [name] = positionals;
if (positionals.length !== 1 || name === undefined || !isTargetName(name)) {
  throw new Error(`give one target of ${TARGETS.join(", ")}`);
}
const folder = here(`../../build/fuzz/${name}`);
const corpus = join(folder, "corpus");
if (options.replay) await replay(name, corpus);
else process.exitCode = await fuzz(name);

/** @returns the fuzzer's exit code: 77 where it has found something, which then lies in `findings` */
async function fuzz(target: TargetName): Promise<number> {
  if (!PACKAGES.installed) throw new Error(`first run: ${PACKAGES.installCommand}`);
  const jazzer = PACKAGES.file("@jazzer.js/core/dist/cli.js");
  const { maxLength, dictionary = [] } = await loadTarget(target);
  await mkdir(corpus, { recursive: true });
  await mkdir(join(folder, "findings"), { recursive: true });
  await writeSeeds(target);
  const words = join(folder, "dictionary");
  await writeFile(words, dictionary.map((word) => `"${escaped(word)}"\n`).join(""));
  const limit = options.runs === undefined ? `-max_total_time=${options.seconds}` : `-runs=${options.runs}`;
  const args = [
    ["--disable-warning=ExperimentalWarning", "--import", here("strip-types.mjs"), jazzer, here("fuzz.mjs")],
    [corpus, "-i", here("../../src/"), "-e", "node_modules", "--disableBugDetectors", ".*"],
    isSync(target) ? ["--sync"] : [],
    ["--", limit, `-max_len=${maxLength}`, `-dict=${words}`, "-timeout=10", "-rss_limit_mb=2048"],
    [`-artifact_prefix=${join(folder, "findings/")}`, "-print_final_stats=1"],
  ].flat();
  const addon = PACKAGES.file(`@jazzer.js/fuzzer/prebuilds/fuzzer-${process.platform}-${process.arch}.node`);
  const env = {
    ...process.env,
    ...environmentFor(addon, here("../../build/fuzz")),
    FUZZ_TARGET: target,
    FUZZ_SYNC: isSync(target) ? "1" : "0",
  };
  const child = spawn(process.execPath, args, { stdio: "inherit", env });
  const [code] = await once(child, "close");
  return code ?? 1;
}

/** Parsers that read files piece by piece, and the server, answer by promises. */
function isSync(target: TargetName): boolean {
  return !["model", "torch", "onnx", "http"].includes(target);
}

async function writeSeeds(target: TargetName): Promise<void> {
  if ((await readdir(corpus)).length > 0) return;
  const { seeds, maxLength } = await loadTarget(target);
  const found = REGRESSIONS.filter((regression) => regression.target === target).map(({ bytes }) => bytes());
  const short = [...(await seeds()), ...found].filter(({ length }) => length <= maxLength);
  for (const [i, bytes] of short.entries()) await writeFile(join(corpus, `seed-${i}`), bytes);
}

/** As libFuzzer's dictionaries have bytes that are no printable ASCII. */
function escaped(word: string | Uint8Array): string {
  const bytes = [...(typeof word === "string" ? Buffer.from(word) : word)];
  return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}
