// `npm run mutate -- GROUP --faults N --seed S`: plants faults, one at a time, in a copy of the sources, and counts those that
// the group's tests notice. What it finds goes line by line into build/mutation/GROUP-S.jsonl, from which a run that was cut
// off goes on. A fault that doesn't compile counts for nothing; one that hangs is noticed.
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { random } from "../random.ts";
import { mutationsOf } from "./mutations.mjs";

const COMPILE = {
  kernels: ["simd", "relaxed"].map((target) => ["asconfig.json", target]),
  "train-kernels": ["simd", "relaxed"].map((target) => ["asconfig.train.json", target]),
};

const GROUPS = {
  kernels: { sources: "assembly/*.ts", tests: ["test/kernels/*.test.ts"], compile: COMPILE.kernels },
  "train-kernels": {
    sources: "assembly/train/*.ts",
    tests: ["test/train/ops/*.test.ts", "test/train/wasm-device.test.ts"],
    compile: COMPILE["train-kernels"],
  },
  crf: {
    sources: "src/model/{crf*,tagging-stream,scores}.ts",
    tests: ["test/model/crf*.test.ts", "test/pipelines/crf-options.test.ts"],
  },
  convert: { sources: "src/convert/*.ts", tests: ["test/convert/*.test.ts", "test/attacks/*.test.ts"] },
  train: { sources: "src/train/*.ts", tests: ["test/train/!(webgpu)*.test.ts"] },
};
/** A fault may make the tests this much slower before they count as hung. */
const PATIENCE = 4;
const COPIED = [
  "assembly",
  "src",
  "scripts",
  "test",
  "examples",
  "build",
  "package.json",
  "asconfig.json",
  "asconfig.train.json",
  "tsconfig.json",
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { faults: { type: "string", default: "40" }, seed: { type: "string", default: "1" } },
});
const [name] = positionals;
const group = GROUPS[name];
if (group === undefined) throw new Error(`name one of ${Object.keys(GROUPS).join(", ")}`);

const report = `build/mutation/${name}-${values.seed}.jsonl`;
mkdirSync("build/mutation", { recursive: true });
const found = existsSync(report)
  ? readFileSync(report, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
  : [];

const folder = mkdtempSync(join(tmpdir(), "electra-edge-mutation-"));
try {
  for (const path of COPIED) {
    cpSync(path, join(folder, path), {
      recursive: true,
      filter: (from) =>
        !from.includes("/node_modules") && !from.includes("build/mutation") && !from.includes("build/bench"),
    });
  }
  for (const path of ["node_modules", "weights", "dist"]) symlinkSync(resolve(path), join(folder, path));
  plantAll();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const counted = found.filter(({ outcome }) => outcome !== "does not compile");
const noticed = counted.filter(({ outcome }) => outcome !== "survived");
for (const { file, line, from, to, outcome } of counted) {
  if (outcome === "survived") console.log(`survived: ${file}:${line} ${from} → ${to}`);
}
console.log(`${name}: ${noticed.length} of ${counted.length} faults noticed`);

function plantAll() {
  const began = Date.now();
  if (!compiles() || testsFail(1_000_000)) throw new Error(`the tests of ${name} fail without any fault`);
  const timeout = PATIENCE * (Date.now() - began);
  const places = globSync(group.sources)
    .sort()
    .flatMap((file) => {
      return mutationsOf(readFileSync(file, "utf8")).map((mutation) => ({ file, ...mutation }));
    });
  shuffle(places, Number(values.seed));
  for (const { file, at, from, to, line } of places.slice(found.length)) {
    if (found.filter(({ outcome }) => outcome !== "does not compile").length >= Number(values.faults)) return;
    const text = readFileSync(file, "utf8");
    const copy = join(folder, file);
    writeFileSync(copy, text.slice(0, at) + to + text.slice(at + from.length));
    const outcome = !compiles() ? "does not compile" : (testsFail(timeout) ?? "survived");
    writeFileSync(copy, text);
    const result = { file, line, from, to, outcome };
    found.push(result);
    appendFileSync(report, `${JSON.stringify(result)}\n`);
    console.log(`${found.length}  ${outcome}: ${file}:${line} ${from} → ${to}`);
  }
}

function compiles() {
  const { compile } = group;
  if (compile === undefined) return true;
  const commands = compile.map(([config, target]) => [
    "node_modules/.bin/asc",
    "--config",
    config,
    "--target",
    target,
  ]);
  return [...commands, [process.execPath, "scripts/embed-kernels.mjs"]].every(([command, ...args]) => {
    return spawnSync(command, args, { cwd: folder, stdio: "ignore" }).status === 0;
  });
}

/** `undefined` where they pass. */
function testsFail(timeout) {
  const args = ["--test", `--test-timeout=${timeout}`, ...group.tests];
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: folder,
    stdio: "ignore",
    timeout,
  });
  if (error?.code === "ETIMEDOUT") return "hung";
  return status === 0 ? undefined : "failed";
}

/** Fisher and Yates's. */
function shuffle(array, seed) {
  const next = random(seed);
  for (let i = array.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [array[i], array[j]] = [array[j], array[i]];
  }
}
