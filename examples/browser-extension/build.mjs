// node build.mjs [MODEL.safetensors] [--out FOLDER]: an unpacked extension with all that it needs, the model included.
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { rollup } from "rollup";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: "string", default: here("dist") } },
});
const [model = here("../../weights/contacts-zh.safetensors")] = positionals;
const { out } = values;

const withoutTypes = {
  name: "without-types",
  transform: (code, id) => (id.endsWith(".ts") ? { code: stripTypeScriptTypes(code), map: null } : null),
};

/** The library stays a file of its own, beside the script of its threads. */
const LIBRARY = "electra-edge";
const library = import.meta.resolve(`${LIBRARY}/package.json`);

rmSync(out, { recursive: true, force: true });
cpSync(here("static"), out, { recursive: true });
copyFileSync(model, `${out}/model.safetensors`);
mkdirSync(`${out}/${LIBRARY}`);
for (const file of ["index.js", "team-member.js", "LICENSE-noble-hashes"]) {
  copyFileSync(new URL(`dist/browser/${file}`, library), `${out}/${LIBRARY}/${file}`);
}
copyFileSync(new URL("LICENSE", library), `${out}/${LIBRARY}/LICENSE`);
// A content script is no module.
const scripts = { "service-worker": "es", offscreen: "es", popup: "es", options: "es", content: "iife" };
for (const [name, format] of Object.entries(scripts)) {
  const bundle = await rollup({
    input: here(`src/${name}.ts`),
    external: [LIBRARY],
    plugins: [withoutTypes],
  });
  await bundle.write({ file: `${out}/${name}.js`, format, paths: { [LIBRARY]: `./${LIBRARY}/index.js` } });
  await bundle.close();
}
const { version } = JSON.parse(readFileSync(`${out}/manifest.json`, "utf8"));
console.log(`extension ${version} in ${out}`);
