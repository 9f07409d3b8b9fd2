// Bundles from what tsc put into build/js: for Node (library, converter, trainer and command line share their code), for
// browsers (one file to run models and one to train them, the kernels inside, each with the script of its threads) and for
// Workers (one file beside the kernels, which the platform compiles).
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

/** The scripts that threads run lie beside the bundle; new URL("…", import.meta.url) is no import that rollup follows. */
const threadScript = {
  name: "thread-script",
  renderChunk: (code) =>
    code.replace(/"\.{1,2}\/((?:team|training)-member|inference-worker)\.\w+\.ts"/g, '"./$1.js"'),
};

/** The script of a browser's threads. */
const memberBundle = (name) => ({
  input: `${source}/${name}.browser.js`,
  output: { file: `dist/browser/${name}.js` },
  plugins: [minified],
});

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
      train: `${source}/train.node.js`,
      cli: `${source}/cli/main.js`,
      "team-member": `${source}/team-member.node.js`,
      "training-member": `${source}/training-member.node.js`,
      "inference-worker": `${source}/inference-worker.node.js`,
    },
    external: (id) => !/^[./]/.test(id),
    // What the library needs in one file: each further one costs an import a third of a millisecond and more.
    output: {
      dir: "dist/node",
      chunkFileNames: "[name].js",
      manualChunks: { library: [`${source}/index.node.js`] },
    },
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
    input: `${source}/train.browser.js`,
    output: { file: "dist/browser/train.js" },
    plugins: [threadScript, minified],
  },
  memberBundle("team-member"),
  memberBundle("training-member"),
  {
    input: `${source}/index.workerd.js`,
    external: (id) => id.endsWith(".wasm"),
    output: { file: "dist/workerd/index.js", paths: (id) => id.replace(/^.*\/(?=[^/]*\.wasm$)/, "./") },
    plugins: [minified, assets],
  },
];
