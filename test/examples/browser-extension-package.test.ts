import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { passageEnds } from "../../examples/browser-extension/src/passages.ts";
import { redact } from "../../examples/browser-extension/src/redaction.ts";
import { EXAMPLE } from "./extension-harness.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMMANDS = Array.from(
  readFileSync(`${EXAMPLE}README.md`, "utf8").matchAll(/^```sh\n(.*?)^```$/gms),
  ([, code]) => code,
).join("");

/** What each permission is for, as its trace in the code. */
const TRACES: Readonly<Record<string, RegExp>> = {
  activeTab: /\bchrome\.scripting\b/,
  clipboardWrite: /execCommand\("copy"\)/,
  contextMenus: /\bchrome\.contextMenus\b/,
  offscreen: /\bchrome\.offscreen\b/,
  scripting: /\bchrome\.scripting\b/,
  storage: /\bchrome\.storage\b/,
};
const FREE_APIS = ["commands", "i18n", "runtime", "tabs"];

type Messages = Record<string, { message: string; placeholders?: Record<string, { content: string }> }>;

describe("the package that the commands of examples/browser-extension build", () => {
  let root = "";
  let folder = "";
  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  const json = (path: string) => JSON.parse(read(path));
  const filesOf = (extension: string) =>
    (readdirSync(folder, { recursive: true }) as string[]).filter((path) => path.endsWith(extension));

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "electra-edge-extension-"));
    const copy = join(root, "examples/browser-extension");
    await mkdir(copy, { recursive: true });
    for (const name of ["build.mjs", "src", "static"]) {
      await cp(`${EXAMPLE}${name}`, join(copy, name), { recursive: true });
    }
    for (const name of ["LICENSE", "dist", "node_modules", "package.json", "weights"]) {
      await symlink(join(ROOT, name), join(root, name));
    }
    await promisify(execFile)("bash", ["-euo", "pipefail", "-c", COMMANDS], { cwd: copy });
    folder = join(copy, "dist");
  });
  after(() => rm(root, { recursive: true }));

  it("has the model, and another where another is named", () => {
    const model = (path: string) => readFileSync(join(folder, path, "model.safetensors"));
    const weights = (name: string) => readFileSync(join(ROOT, `weights/${name}.safetensors`));
    assert.ok(model(".").equals(weights("contacts-zh")));
    assert.ok(model("../waybills").equals(weights("waybill-zh")));
  });

  it("may do no more than it does", () => {
    const { permissions, ...manifest } = json("manifest.json");
    const scripts = filesOf(".js").map(read).join("\n");
    assert.deepEqual([...permissions].sort(), Object.keys(TRACES));
    for (const permission of permissions) assert.ok(TRACES[permission]!.test(scripts), permission);
    const apis = new Set(Array.from(scripts.matchAll(/\bchrome\.([a-z]\w*)/g), ([, name]) => name!));
    for (const api of apis) assert.ok(FREE_APIS.includes(api) || permissions.includes(api), api);
    for (const more of ["host_permissions", "optional_permissions", "optional_host_permissions"]) {
      assert.equal(manifest[more], undefined, more);
    }
    for (const more of ["content_scripts", "externally_connectable", "web_accessible_resources"]) {
      assert.equal(manifest[more], undefined, more);
    }
  });

  it("runs its own code alone", () => {
    const { manifest_version, content_security_policy } = json("manifest.json");
    assert.equal(manifest_version, 3);
    assert.deepEqual(Object.keys(content_security_policy), ["extension_pages"]);
    const policy: Map<string, string> = new Map(
      content_security_policy.extension_pages.split("; ").map((rule: string) => rule.split(/ (.*)/)),
    );
    assert.equal(policy.get("default-src"), "'none'");
    assert.equal(policy.get("script-src"), "'self' 'wasm-unsafe-eval'");
    for (const [rule, sources] of policy) {
      if (rule !== "script-src") assert.match(sources, /^'(self|none)'$/, rule);
    }
    for (const path of filesOf(".js")) {
      const code = read(path);
      assert.doesNotMatch(code, /\beval\(|new Function\(|importScripts\(|\bimport\(/, path);
      for (const [, from] of code.matchAll(/^(?:import|export) .*? from ["'](.*?)["']/gm)) {
        assert.match(from!, /^\.\//, `${path} imports ${from}`);
      }
    }
    for (const path of filesOf(".html")) {
      const page = read(path);
      assert.doesNotMatch(
        page,
        /<style|style=|\son\w+=|<script(?! type="module" src="[\w-]+\.js"><\/script>)/,
      );
      for (const [, file] of page.matchAll(/(?:src|href)="(.*?)"/g)) {
        assert.ok(existsSync(join(folder, file!)), `${path} names ${file}`);
      }
    }
  });

  it("has all that its manifest names", () => {
    const { icons, action, options_ui, background } = json("manifest.json");
    for (const [size, path] of Object.entries<string>(icons)) {
      const png = readFileSync(join(folder, path));
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [Number(size), Number(size)], path);
    }
    for (const path of [action.default_popup, options_ui.page, background.service_worker]) {
      assert.ok(existsSync(join(folder, path)), path);
    }
  });

  it("says everything in both languages, and nothing that is never said", () => {
    const [english, chinese]: Messages[] = ["en", "zh_CN"].map((locale) =>
      json(`_locales/${locale}/messages.json`),
    );
    assert.deepEqual(Object.keys(chinese!), Object.keys(english!));
    for (const [name, { message, placeholders }] of Object.entries(english!)) {
      assert.deepEqual(chinese![name]!.placeholders, placeholders, name);
      const used = (text: string) => Array.from(text.matchAll(/\$\w+\$/g), ([word]) => word).sort();
      assert.deepEqual(used(chinese![name]!.message), used(message), name);
    }
    const sources = [
      ...filesOf(".js").filter((path) => !path.includes("/")),
      ...filesOf(".html"),
      "manifest.json",
    ];
    const text = sources.map(read).join("\n");
    const said = [
      /\bsay\("(\w+)"/g,
      /data-(?:message|label)="(\w+)"/g,
      /__MSG_(\w+)__/g,
      /getMessage\("(\w+)"/g,
    ];
    const names = new Set(said.flatMap((pattern) => Array.from(text.matchAll(pattern), ([, name]) => name!)));
    for (const name of names) assert.ok(name in english!, `there is no message ${name}`);
    for (const name of Object.keys(english!)) {
      assert.ok(names.has(name) || /^(type|menu)_/.test(name), `${name} is never said`);
    }
  });
});

describe("the texts of examples/browser-extension", () => {
  it("are cut where sentences end, unless one is longer than a model takes", () => {
    const cut = (text: string) => {
      const ends = passageEnds(text);
      return ends.map((end, i) => text.slice(ends[i - 1] ?? 0, end));
    };
    assert.deepEqual(cut("短句。"), ["短句。"]);
    assert.deepEqual(cut("没有句号"), ["没有句号"]);
    const sentence = `“${"字".repeat(96)}。”`;
    assert.deepEqual(cut(sentence.repeat(5)), [sentence.repeat(2), sentence.repeat(2), sentence]);
    assert.deepEqual(cut(`${sentence}${"字".repeat(200)}`), [sentence, "字".repeat(200)]);
    const endless = "字".repeat(500);
    assert.deepEqual(cut(`${endless}。${sentence}`), [`${endless}。`, sentence]);
    for (const text of [sentence.repeat(7), endless, `${sentence}${endless}！${sentence.repeat(3)}字`]) {
      assert.equal(cut(text).join(""), text, "nothing is lost");
    }
  });

  it("are redacted with one number for a word", () => {
    const passage = (text: string, continues = false) => ({ text, pieces: [], continues });
    const places = [
      [{ type: "PER", start: 0, end: 2 }],
      [
        { type: "PER", start: 0, end: 2 },
        { type: "TEL", start: 3, end: 6 },
        { type: "PER", start: 6, end: 8 },
      ],
      [],
    ];
    const passages = [passage("李明来了。", true), passage("王五，123李明 "), passage("完")];
    assert.equal(
      redact(passages, places, (type) => type.toLowerCase()),
      "[per 1]来了。[per 2]，[tel 1][per 1]\n完\n",
    );
  });
});
