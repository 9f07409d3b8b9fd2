import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { skipWithout } from "../without.ts";

const root = new URL("../../", import.meta.url);
const README = readFileSync(new URL("examples/streams/README.md", root), "utf8");

/** The commands under a heading. */
function commandsUnder(heading: string): string {
  const [, section] = README.split(`\n## ${heading}\n`);
  return Array.from(section!.split("\n## ")[0]!.matchAll(/^```sh\n(.*?)^```$/gms), ([, code]) => code).join(
    "",
  );
}

interface Line {
  readonly id: number;
  readonly text: string;
  readonly entities: readonly { entity_group: string; word: string }[];
}

const parse = (text: string): Line[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("the commands of examples/streams", { timeout: 300_000 }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-streams-"));
    await mkdir(join(folder, "bin"));
    const command = join(folder, "bin/electra-edge");
    const main = fileURLToPath(new URL("src/cli/main.ts", root));
    await writeFile(command, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
    await chmod(command, 0o755);
    const model = new URL("weights/waybill-zh.safetensors", root);
    await symlink(fileURLToPath(model), join(folder, "waybill-zh.safetensors"));
  });
  after(() => rm(folder, { recursive: true }));

  const run = (script: string) => {
    const env = { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"]}` };
    const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", script], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    assert.equal(status, 0, `${script}\n${stderr}`);
    return stdout;
  };

  it("run one process over a file and a pipe", () => {
    const printed = parse(run(commandsUnder("One process")));
    assert.deepEqual(
      printed.map(({ id }) => id),
      [1, 199, 200],
    );
    const all = parse(readFileSync(join(folder, "entities.ndjson"), "utf8"));
    assert.deepEqual(
      all.map(({ id }) => id),
      Array.from({ length: 200 }, (_, i) => i + 1),
    );
    for (const { text, entities } of all) {
      assert.ok(text.startsWith(entities[0]!.word));
      assert.equal(entities[0]!.entity_group, "P");
    }
    assert.deepEqual(printed, [all[0], all[198], all[199]]);
  });

  it("leave out lines that can't be used, and name them", () => {
    const [first, ...named] = run(commandsUnder("Lines that can't be used")).trimEnd().split("\n");
    assert.equal(parse(first!)[0]!.entities[0]!.word, "李四");
    assert.deepEqual(named, [
      'electra-edge: skipped: standard input:2: has no field "text"',
      "electra-edge: skipped: standard input:3: is not JSON",
    ]);
  });

  it("give the same from a shell's processes side by side", () => {
    run(commandsUnder("A shell with two cores"));
  });

  it("give the same from GNU parallel", (t) => {
    if (spawnSync("parallel", ["--version"]).status !== 0) {
      return skipWithout(t, "GNU parallel is missing: apt-get install parallel");
    }
    run(commandsUnder("GNU parallel"));
  });
});
