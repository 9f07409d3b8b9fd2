// Three bundles from what tsc put into build/js: Node (library, converter and command line share their code), browsers
// (one file, the kernels inside) and Workers (one file beside the kernels, which the platform compiles).
import { copyFileSync, cpSync, mkdirSync } from "node:fs";

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
  { input: `${source}/index.browser.js`, output: { file: "dist/browser/index.js" } },
  {
    input: `${source}/index.workerd.js`,
    external: (id) => id.endsWith(".wasm"),
    output: { file: "dist/workerd/index.js", paths: (id) => (id.endsWith(".wasm") ? `./${kernels}` : id) },
    plugins: [assets],
  },
];
