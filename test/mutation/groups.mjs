// What can be made wrong, and who should notice: sources, tests, and what has to be compiled between.

const compile = (config) => {
  const targets = ["simd", "relaxed"].map((target) => {
    return ["node_modules/.bin/asc", "--config", config, "--target", target];
  });
  return [...targets, ["scripts/embed-kernels.mjs"]];
};

/** The kernels' own specs, all of them in one module. */
const SPECS = ["node_modules/.bin/asp", "--summary", "--no-logo"];

/**
 * `sources` and `tests` as globs; `compile` and `specs` as what Node is given to run.
 *
 * @type {Record<string, { sources: string, tests: string[], compile: string[][], specs: string[][] }>}
 */
export const GROUPS = {
  kernels: {
    sources: "assembly/*.ts",
    tests: ["test/kernels/*.test.ts"],
    compile: compile("asconfig.json"),
    specs: [SPECS],
  },
  "train-kernels": {
    sources: "assembly/train/*.ts",
    tests: ["test/train/!(webgpu*|mixed-precision|reductions).test.ts"],
    compile: compile("asconfig.train.json"),
    specs: [SPECS],
  },
  crf: {
    sources: "src/model/{crf/*,tagging-stream,scores}.ts",
    tests: ["test/model/{crf*,scores}.test.ts", "test/pipelines/crf-options.test.ts"],
    compile: [],
    specs: [],
  },
  convert: {
    sources: "src/convert/**/*.ts",
    tests: ["test/{convert,attacks}/*.test.ts"],
    compile: [],
    specs: [],
  },
  train: {
    sources: "src/train/{*,wasm/*}.ts",
    tests: ["test/train/!(webgpu*|reductions).test.ts"],
    compile: [],
    specs: [],
  },
};
