// Three bundles from what tsc put into build/js: Node (library, converter and command line share their code), browsers
// (one file, the kernels inside, and the script of their threads) and Workers (one file beside the kernels, which the
// platform compiles).
import { copyFileSync, cpSync, mkdirSync } from "node:fs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { minify } from "terser";

const source = "build/js/src";
const kernels = ["kernels.simd.wasm", "kernels.relaxed.wasm"];

/** tsc's declarations become the package's types; the Workers' bundle gets the kernels that it imports. */
const assets = {
  name: "assets",
  writeBundle() {
    cpSync("build/js", "dist/types", { recursive: true, filter: (path) => !/\.js$/.test(path) });
    mkdirSync("dist/workerd", { recursive: true });
    for (const file of kernels) copyFileSync(`build/${file}`, `dist/workerd/${file}`);
  },
};

/** What is downloaded to run a model is small. Errors are told apart by name, so theirs are kept. */
const minified = {
  name: "minified",
  renderChunk: (code) =>
    minify(code, {
      module: true,
      ecma: 2020,
      keep_classnames: /Error$/,
      format: { comments: /^!/, preserve_annotations: true },
    }),
};

/** The script that threads run lies beside the bundle; new URL("…", import.meta.url) is no import that rollup follows. */
const threadScript = {
  name: "thread-script",
  renderChunk: (code) => code.replace(/"\.\.\/team-member\.\w+\.ts"/, '"./team-member.js"'),
};

/** Browsers have no hash that takes a file in parts, so one comes with their bundle, and its licence with it. */
const hash = {
  name: "hash",
  writeBundle() {
    copyFileSync("node_modules/@noble/hashes/LICENSE", "dist/browser/LICENSE-noble-hashes");
  },
};

export default [
  {
    input: {
      index: `${source}/index.node.js`,
      convert: `${source}/convert/index.js`,
      cli: `${source}/cli/main.js`,
      "team-member": `${source}/team-member.node.js`,
    },
    external: (id) => !/^[./]/.test(id),
    output: { dir: "dist/node", chunkFileNames: "[name].js" },
    plugins: [threadScript],
  },
  {
    input: `${source}/index.browser.js`,
    output: {
      file: "dist/browser/index.js",
      banner: "/*! contains SHA-256 of @noble/hashes, MIT License: see LICENSE-noble-hashes */",
    },
    plugins: [nodeResolve(), threadScript, minified, hash],
  },
  {
    input: `${source}/team-member.browser.js`,
    output: { file: "dist/browser/team-member.js" },
    plugins: [minified],
  },
  {
    input: `${source}/index.workerd.js`,
    external: (id) => id.endsWith(".wasm"),
    output: { file: "dist/workerd/index.js", paths: (id) => id.replace(/^.*\/(?=[^/]*\.wasm$)/, "./") },
    plugins: [minified, assets],
  },
];
