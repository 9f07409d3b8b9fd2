// `npm run test:setup`: what the tests need beyond npm. A Chromium for the browser tests, by the system's package
// manager where that is allowed, and Node 20, the oldest that the library promises to run on, and the bench's peers, one of which runs what is exported. What can't be installed
// is named with the line to type; the tests then say that they go without, and fail where CI is set.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { installPeers, peersInstalled } from "../bench/peers/peers.ts";
import { findChromium } from "../test/runtimes/chromium.ts";
import { NODE_20 } from "../test/runtimes/node-20.ts";

const run = (command, ...args) => execFileSync(command, args, { stdio: "inherit" });

if (findChromium() === undefined) {
  const asRoot = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (asRoot) {
    run("apt-get", "update", "-qq");
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium");
  } else {
    console.log(
      "The browser tests need Chromium. Install it, for instance with\n  sudo apt-get install chromium\n" +
        "or name the one you have in CHROMIUM_PATH.",
    );
  }
}

if (!existsSync(NODE_20)) {
  run(
    "npm",
    "install",
    "--no-save",
    "--no-package-lock",
    "--allow-scripts=node",
    "--prefix",
    "build/node-20",
    "node@20",
  );
}

if (!peersInstalled()) installPeers();
