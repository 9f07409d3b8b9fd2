// Makes the page from what tsc put into build/playground/js: a folder of files that any server of static files can serve.
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { PAGE_COLORS } from "../../src/report/html.ts";
import { MARK_STYLE } from "../../src/report/marked-text.ts";
import { writeWaybills } from "../waybill/write-waybills.ts";

const here = "examples/playground";
const scripts = "build/playground/js/examples/playground/src";
const site = "build/playground/site";

const MODELS = ["waybill-zh", "contacts-zh", "electra-tiny-zh-discriminator", "electra-tiny-zh-generator"];
const STYLES = ["page", "curves", "sections", "media"];
const WAYBILLS = 400;

/** The library as it is published, which pages and workers import, and all that is no script. */
const assets = {
  name: "assets",
  async writeBundle() {
    cpSync("dist/browser", `${site}/electra-edge`, { recursive: true });
    mkdirSync(`${site}/models`, { recursive: true });
    for (const model of MODELS)
      copyFileSync(`weights/${model}.safetensors`, `${site}/models/${model}.safetensors`);
    copyFileSync(`${here}/index.html`, `${site}/index.html`);
    const styles = STYLES.map((name) => readFileSync(`${here}/style/${name}.css`, "utf8"));
    writeFileSync(`${site}/style.css`, PAGE_COLORS + MARK_STYLE + styles.join(""));
    await writeWaybills(`${site}/waybills.txt`, WAYBILLS, 7);
  },
};

const LIBRARY = {
  "electra-edge": "./electra-edge/index.js",
  "electra-edge/train": "./electra-edge/train.js",
};

const script = (name) => ({
  input: `${scripts}/${name}.js`,
  external: Object.keys(LIBRARY),
  output: { file: `${site}/${name}.js`, paths: LIBRARY },
  plugins: [
    nodeResolve(),
    {
      name: "worker-scripts",
      renderChunk: (code) => code.replace(/"\.\/([a-z]+-worker)\.ts"/g, '"./$1.js"'),
    },
  ],
});

export default [
  { ...script("main"), plugins: [...script("main").plugins, assets] },
  script("inference-worker"),
  script("training-worker"),
  script("bench-worker"),
];
