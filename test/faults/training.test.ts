import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { isUnfinished } from "../../src/convert/atomic-write.ts";
import { logOf } from "../cli/cut-off.ts";
import { electraEdge, MADE_UP, succeed } from "../cli/electra-edge.ts";
import {
  BACKWARD_CLOCK,
  dyingThreads,
  faultyDisk,
  fullUnder,
  hasFullDevice,
  readOnlyFolder,
  WRITING,
} from "./faults.ts";

const NETWORK = [
  ...["--layers", "1", "--hidden-size", "32", "--heads", "2", "--intermediate-size", "32"],
  ...["--embedding-size", "16", "--threads", "1", "--checkpoint-every", "3"],
];

/** Commands that train, by what they take beside that and what they leave. */
const COMMANDS = {
  finetune: {
    args: ["--dev", MADE_UP, "--epochs", "1", "--batch-size", "4"],
    outputs: [".safetensors"],
  },
  pretrain: {
    args: ["--steps", "10", "--max-length", "32", "--batch-size", "4", "--accumulate", "1"],
    outputs: ["-generator.safetensors", "-discriminator.safetensors"],
  },
} as const;

for (const [command, { args, outputs }] of Object.entries(COMMANDS)) {
  describe(command, () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "electra-edge-faults-"));
      await succeed(begin("whole"));
    });
    after(() => rm(folder, { recursive: true }));

    const at = (...names: string[]) => join(folder, ...names);
    const outputOf = (name: string) => (command === "finetune" ? `${at(name)}.safetensors` : at(name));
    const begin = (name: string) => [
      ...[command, "--train", MADE_UP, "-o", outputOf(name), "--run", at(`${name}-run`), "--force"],
      ...[...NETWORK, ...args],
    ];
    const resume = (name: string) => [command, "--resume", at(`${name}-run`)];

    const modelsOf = (name: string) =>
      Promise.all(outputs.map(async (output) => (await readFile(at(`${name}${output}`))).toString("base64")));
    const entriesOf = async (name: string) =>
      (await logOf(at(`${name}-run`))).map(({ seconds, ...entry }) => entry);

    /** That a run became what it would have become, and left nothing beside. */
    async function assertWhole(name: string): Promise<void> {
      assert.deepEqual(await modelsOf(name), await modelsOf("whole"));
      assert.deepEqual(await entriesOf(name), await entriesOf("whole"));
      assert.deepEqual((await readdir(at(`${name}-run`))).filter(isUnfinished), []);
    }

    it("a clock that goes backwards changes nothing, and no time is negative", async () => {
      await succeed(begin("clock"), BACKWARD_CLOCK);
      await assertWhole("clock");
      let before = 0;
      for (const { seconds } of await logOf(at("clock-run"))) {
        assert.ok(seconds! >= before, `${seconds} after ${before}`);
        before = seconds!;
      }
    });

    // The second checkpoint, so that there is one to go on from; the model; what the run comes to.
    for (const [what, nth] of [
      ["checkpoint", 2],
      ["model", 1],
      ["result", 1],
    ] as const) {
      for (const operation of WRITING) {
        it(`killed at ${operation} of the ${what} it goes on as if nothing had been`, async () => {
          const name = `${what}-killed-at-${operation}`;
          const file = what === "model" ? `${name}${outputs[0]}` : what;
          const { code } = await electraEdge(begin(name), faultyDisk("KILL", operation, file, nth));
          assert.equal(code, null);
          await succeed(resume(name));
          await assertWhole(name);
        });
      }
    }

    for (const [file, operation] of [
      ["checkpoint", "writeFile"],
      ["log.jsonl", "appendFile"],
    ] as const) {
      it(`a disk that is full at ${operation} of ${file} is named, with what goes on from it`, async () => {
        const name = `full-${operation}`;
        const nth = file === "checkpoint" ? 9 : 5; // the header and each tensor are written by themselves
        const outcome = await electraEdge(begin(name), faultyDisk("ENOSPC", operation, file, nth));
        assert.equal(outcome.code, 1);
        const expected = new RegExp(`${file}[^:]*: ENOSPC: .*; .*, --resume .*${name}-run goes on`);
        assert.match(outcome.stderr, expected);
        await succeed(resume(name));
        await assertWhole(name);
      });
    }

    it("a log that lost its end, or got half a line, is gone on with", async () => {
      const name = "torn";
      await electraEdge(begin(name), faultyDisk("KILL", "sync", "checkpoint", 3));
      const log = at(`${name}-run`, "log.jsonl");
      await appendFile(log, '{"step":');
      await succeed(resume(name));
      await assertWhole(name);

      await rm(at(`${name}-run`), { recursive: true });
      await electraEdge(begin(name), faultyDisk("KILL", "sync", "checkpoint", 3));
      const lines = (await readFile(log, "utf8")).split("\n");
      await truncate(log, Buffer.byteLength(lines.slice(0, 2).join("\n")) - 5);
      await succeed(resume(name));
      assert.deepEqual(await modelsOf(name), await modelsOf("whole"));
      const whole = await entriesOf("whole");
      assert.deepEqual(
        await entriesOf(name),
        [whole[0], ...whole.slice(6)],
        "the lost lines are gone, no more",
      );
    });

    it("a checkpoint that is damaged is refused by its name", async () => {
      const name = "damaged";
      await electraEdge(begin(name), faultyDisk("KILL", "sync", "checkpoint", 3));
      const checkpoint = at(`${name}-run`, "checkpoint.safetensors");
      const bytes = await readFile(checkpoint);
      for (const length of [bytes.length - 1, 100, 0]) {
        await writeFile(checkpoint, bytes.subarray(0, length));
        const { code, stderr } = await electraEdge(resume(name));
        assert.equal(code, 1);
        assert.match(stderr, /^electra-edge: .*checkpoint\.safetensors: /m);
      }
      await writeFile(checkpoint, bytes);
      await succeed(resume(name));
      await assertWhole(name);
    });

    it("a thread that dies is told, with what goes on from it", async () => {
      const { code, stderr } = await electraEdge([...begin("thread"), "--threads", "2"], dyingThreads(20));
      assert.equal(code, 1);
      assert.match(
        stderr,
        /a thread of this model failed: .*code 3; .*is of step \d+, --resume .*thread-run goes on/,
      );
      await succeed(resume("thread"));
      await assertWhole("thread");
    });

    it("a folder that can't be written to is named, before anything is trained", async (t) => {
      const conditions = await readOnlyFolder(at("read-only"));
      const { code, stderr } = await electraEdge(
        [...begin("refused"), "--run", at("read-only", "run")],
        conditions,
      );
      if (!/EACCES|EROFS/.test(stderr)) return t.skip(`whoever may not write there can't start: ${stderr}`);
      assert.equal(code, 1);
      assert.match(stderr, /^electra-edge: .*read-only/m);
      assert.deepEqual(await readdir(at("read-only")), []);
    });

    it("a full disk under what it prints stops nothing", async (t) => {
      if (!hasFullDevice(t)) return;
      await succeed(begin("mute"), fullUnder(2));
      await assertWhole("mute");
    });
  });
}
