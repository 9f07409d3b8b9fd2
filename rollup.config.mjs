// Three bundles from what tsc put into build/js: Node (library, converter and command line share their code), browsers
// (one file, the kernels inside) and Workers (one file beside the kernels, which the platform compiles).
import { copyFileSync, cpSync, mkdirSync } from "node:fs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { minify } from "terser";

const source = "build/js/src";
const kernels = "kernels.simd.wasm";

/** tsc's declarations become the package's types; the Workers' bundle gets the kernels that it imports. */
const assets = {
  name: "assets",
  writeBundle() {
    cpSync("build/js", "dist/types", { recursive: true, filter: (path) => !/\.js$/.test(path) });
    mkdirSync("dist/workerd", { recursive: true });
    copyFileSync(`build/${kernels}`, `dist/workerd/${kernels}`);
  },
};

/** What is downloaded to run a model carries no comments but licences; all else stays readable. */
const uncommented = {
  name: "uncommented",
  renderChunk: (code) =>
    minify(code, {
      module: true,
      compress: false,
      mangle: false,
      format: { beautify: true, indent_level: 1, comments: /^!/, preserve_annotations: true },
    }),
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
    },
    external: (id) => !/^[./]/.test(id),
    output: { dir: "dist/node", chunkFileNames: "[name].js" },
  },
  {
    input: `${source}/index.browser.js`,
    output: {
      file: "dist/browser/index.js",
      banner: "/*! contains SHA-256 of @noble/hashes, MIT License: see LICENSE-noble-hashes */",
    },
    plugins: [nodeResolve(), uncommented, hash],
  },
  {
    input: `${source}/index.workerd.js`,
    external: (id) => id.endsWith(".wasm"),
    output: { file: "dist/workerd/index.js", paths: (id) => (id.endsWith(".wasm") ? `./${kernels}` : id) },
    plugins: [uncommented, assets],
  },
];
