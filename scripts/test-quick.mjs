// `npm run test:quick`, behind the lint and the kernels' specs: every test of the library itself. A test is part of it by the
// folder that it lies in; those left out here start programs, browsers, servers and GPUs, build the package, or train.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";

const LEFT_OUT = ["cli", "consumers", "examples", "faults", "release", "runtimes", "server", "train"];

const files = globSync("test/**/*.test.ts");
const isLeftOut = (file) => LEFT_OUT.includes(dirname(file).split(/[\\/]/)[1]);
const { status } = spawnSync(
  process.execPath,
  [
    "--test",
    "--test-timeout=180000",
    `--test-concurrency=${availableParallelism()}`, // Node's default leaves a core idle
    ...files.filter((file) => !isLeftOut(file)).sort(),
  ],
  { stdio: "inherit" },
);
const folders = LEFT_OUT.map((name) => `test/${name}`).join(", ");
console.log(
  `Left out: ${files.filter(isLeftOut).length} of ${files.length} test files, those of ${folders}.`,
);
console.log("npm test runs all of them.");
process.exitCode = status ?? 1;
