import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { mutationsOf } from "./mutations.mjs";

const COPIED = [
  "assembly",
  "src",
  "scripts",
  "test",
  "bench",
  "examples",
  "{build/*.{ts,wasm},package.json,{as,ts}*.json,as-pect.*}",
];
const LINKED = ["node_modules", "bench/peers/node_modules", "weights", "dist"];

/** A fault may make a test this many times slower before it counts as hung, and this many milliseconds on top. */
const PATIENCE = { times: 4, more: 20_000 };

/** A group's sources in a folder of their own, where faults are planted, and its tests. */
export class Copy {
  #folder = mkdtempSync(join(tmpdir(), "electra-edge-mutation-"));
  #group;
  /** Each as what Node is given to run, how long it takes without a fault, and how many faults it has noticed. */
  #tests = [];

  constructor(group) {
    this.#group = group;
    const filter = (from) => !from.includes("/node_modules");
    for (const path of globSync(COPIED)) cpSync(path, join(this.#folder, path), { recursive: true, filter });
    for (const path of globSync(LINKED)) symlinkSync(resolve(path), join(this.#folder, path));
    const files = globSync(group.tests).map((file) => [file]);
    this.#tests = [...files, ...group.specs].map((args) => ({ args, milliseconds: Infinity, noticed: 0 }));
  }

  /** Every place where a fault can be planted, by file. */
  places() {
    return globSync(this.#group.sources)
      .sort()
      .flatMap((file) => mutationsOf(this.#read(file)).map((mutation) => ({ file, ...mutation })));
  }

  /** Runs every test once, to know how long each takes. */
  measure() {
    if (!this.#compiles()) throw new Error("the sources don't compile without any fault");
    for (const test of this.#tests) {
      const began = Date.now();
      const { status } = this.#run(test.args);
      if (status !== 0) throw new Error(`node ${test.args.join(" ")} fails without any fault`);
      test.milliseconds = Date.now() - began;
    }
  }

  /** @returns what came of the fault, and which test noticed it, where one did */
  plant({ file, at, from, to }) {
    const text = this.#read(file);
    writeFileSync(join(this.#folder, file), text.slice(0, at) + to + text.slice(at + from.length));
    try {
      return this.#compiles() ? this.#test(file) : { outcome: "does not compile" };
    } finally {
      writeFileSync(join(this.#folder, file), text);
    }
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(file) {
    return readFileSync(join(this.#folder, file), "utf8");
  }

  #compiles() {
    return this.#group.compile.every((args) => this.#run(args).status === 0);
  }

  /** First the tests named like the source, then those that have noticed the most faults so far, then the quickest. */
  #test(file) {
    const likeness = ({ args }) => wordsOf(args[0]).filter((word) => wordsOf(file).includes(word)).length;
    this.#tests.sort((a, b) => {
      return likeness(b) - likeness(a) || b.noticed - a.noticed || a.milliseconds - b.milliseconds;
    });
    for (const test of this.#tests) {
      const { status, error } = this.#run(test.args, PATIENCE.times * test.milliseconds + PATIENCE.more);
      if (status === 0) continue;
      test.noticed++;
      return { outcome: error?.code === "ETIMEDOUT" ? "hung" : "failed", by: test.args[0] };
    }
    return { outcome: "survived" };
  }

  #run(args, timeout) {
    const options = { cwd: this.#folder, stdio: "ignore", timeout, killSignal: "SIGKILL" };
    return spawnSync(process.execPath, args, options);
  }
}

/** `crf`, `stream` for `test/model/crf-stream.test.ts`. */
function wordsOf(path) {
  return basename(path).split(".")[0].split("-");
}
