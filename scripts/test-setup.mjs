// `npm run test:setup`: what the tests need beyond npm. Browsers, and Vulkan for the GPU in software that is Chromium's, by the system's package manager where that is allowed;
// the other engines that the library is tested on; the bench's peers, one of which runs what is exported; Workers'
// runtime, for the example that runs in it; and the bundlers and others that build with the packed package. What can't be installed is named with the line to type; the tests then say that they go without, and fail where CI is set.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { PEERS } from "../bench/peers/peers.ts";
import { TOOLS } from "../test/consumers/tools.ts";
import { PACKAGES } from "../test/examples/workers-runtime.ts";
import { findChromium } from "../test/runtimes/chromium.ts";
import { ENGINE_PACKAGES } from "../test/runtimes/engines.ts";
import { findFirefox } from "../test/runtimes/firefox.ts";
import { findVulkan } from "../test/train/gpus.ts";
import { npm } from "./npm.ts";

const run = (command, ...args) => execFileSync(command, args, { stdio: "inherit" });

const programs = [
  { name: "Chromium", found: findChromium(), debian: "chromium", variable: "CHROMIUM_PATH" },
  { name: "Firefox", found: findFirefox(), debian: "firefox-esr", variable: "FIREFOX_PATH" },
  { name: "Vulkan's loader", found: findVulkan(), debian: "libvulkan1", variable: "LD_LIBRARY_PATH" },
];
const missing = programs.filter(({ found }) => found === undefined);
if (missing.length > 0) {
  const packages = missing.map(({ debian }) => debian);
  const asRoot = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (asRoot) {
    run("apt-get", "update", "-qq");
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages);
  } else {
    const names = missing.map(({ name }) => name).join(" and ");
    const variables = missing.map(({ variable }) => variable).join(" and ");
    console.log(
      `The tests of browsers and GPUs need ${names}. Install what is missing, for instance with\n` +
        `  sudo apt-get install ${packages.join(" ")}\nor name what you have in ${variables}.`,
    );
  }
}

for (const { specifier, folder, program } of ENGINE_PACKAGES) {
  if (existsSync(program)) continue;
  // Its install script puts the engine in its place; npm asks for leave to run it in the folder's own package.json.
  const [name] = specifier.split("@");
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, JSON.stringify({ private: true, allowScripts: { [name]: true } }));
  npm(
    ["install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", folder, specifier],
    { stdio: "inherit" },
  );
}

for (const packages of [PEERS, PACKAGES, TOOLS]) if (!packages.installed) packages.install();
