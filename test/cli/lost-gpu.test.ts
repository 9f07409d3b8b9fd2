import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Command, type Option } from "commander";
import { type FinetuneOptions, finetuneOptions } from "../../src/cli/training/finetune-options.ts";
import { planFinetune } from "../../src/cli/training/finetune-plan.ts";
import { runFinetune } from "../../src/cli/training/finetune-run.ts";
import { type PretrainOptions, pretrainOptions } from "../../src/cli/training/pretrain-options.ts";
import { planPretrain } from "../../src/cli/training/pretrain-plan.ts";
import { runPretrain } from "../../src/cli/training/pretrain-run.ts";
import { type RunCommand, RunFolder } from "../../src/cli/training/run-folder.ts";
import { EngineError } from "../../src/errors.ts";
import { connect } from "../../src/train/webgpu/connection.ts";
import { tellThatGpuIsMissing, testGpu } from "../train/gpus.ts";
import { logOf } from "./cut-off.ts";

/** The step that the GPU is lost after, and those of the checkpoint before it and of the whole run. */
const [LOST, SAVED, STEPS] = [5, 3, 7];

const NETWORK = [
  ...[
    "--layers",
    "1",
    "--hidden-size",
    "32",
    "--heads",
    "4",
    "--intermediate-size",
    "32",
    "--batch-size",
    "2",
  ],
  ...["--embedding-size", "32", "--dropout", "0", "--device", "webgpu", "--checkpoint-every", `${SAVED}`],
];

const LABELLED = Array.from({ length: 2 * STEPS }, (_, i) => {
  const [person, city] = [["张三", "李四", "王五"][i % 3]!, ["北京", "上海"][i % 2]!];
  return `${person[0]} B-P\n${person[1]} I-P\n在 O\n${city[0]} B-C\n${city[1]} I-C\n`;
});
const PLAIN = Array.from({ length: 12 }, (_, i) =>
  `${["张三", "李四", "王五"][i % 3]}在北京，也在上海。`.repeat(3),
);

/** A command as far as it trains: its own options, and what goes through a run's steps. */
interface Training {
  arguments(folder: string): readonly string[];
  train(args: readonly string[], run: RunFolder, onStep: () => void): Promise<unknown>;
}

/** In milliseconds: a software adapter takes a minute to compile, and more beside other tests. */
const TIMEOUT = 600_000;

const interrupted = () => false;

const TRAININGS: Readonly<Record<RunCommand, Training>> = {
  finetune: {
    arguments: (folder) => [
      ...["--dev", join(folder, "dev.txt"), "--head", "softmax", "--epochs", "1", "--min-frequency", "1"],
    ],
    async train(args, run, onStep) {
      const options = parse<FinetuneOptions>(finetuneOptions(), args);
      return runFinetune(options, await planFinetune(options), run, { interrupted, onStep, onEpoch() {} });
    },
  },
  pretrain: {
    arguments: () => ["--steps", `${STEPS}`, "--accumulate", "1", "--max-length", "16", "--score-every", "2"],
    async train(args, run, onStep) {
      const options = parse<PretrainOptions>(pretrainOptions(), args);
      return runPretrain(options, await planPretrain(options), run, { interrupted, onStep, onScores() {} });
    },
  },
};

/** Options as the command line would give them. */
function parse<T>(options: readonly Option[], args: readonly string[]): T {
  const command = new Command();
  for (const option of options) command.addOption(option);
  return command.parse(args, { from: "user" }).opts<object>() as T;
}

const gpu = await testGpu();
if (gpu === undefined) it("a GPU that is lost", tellThatGpuIsMissing);
else {
  describe("a GPU that is lost in the middle of a run", () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "electra-edge-lost-"));
      await writeFile(join(folder, "finetune.txt"), LABELLED.join("\n"));
      await writeFile(join(folder, "dev.txt"), LABELLED.slice(0, 2).join("\n"));
      await writeFile(join(folder, "pretrain.txt"), PLAIN.join("\n"));
    });
    after(() => rm(folder, { recursive: true }));

    for (const command of Object.keys(TRAININGS) as RunCommand[]) {
      const training = TRAININGS[command];
      const args = () => [
        ...[...NETWORK, ...training.arguments(folder)],
        ...["--train", join(folder, `${command}.txt`), "-o", join(folder, command)],
      ];

      /** What a run's log says of its steps; where told, the GPU is lost on the way. */
      async function steps(run: RunFolder, lostAfter?: number): Promise<unknown[]> {
        const { device } = await connect(gpu!);
        let taken = 0;
        await training.train(args(), run, () => {
          if (++taken === lostAfter) device.destroy();
        });
        return (await logOf(run.path))
          .filter((entry) => "gradientNorm" in entry)
          .map(({ seconds, ...entry }) => entry);
      }

      const goesOn = `${command} says so, and goes on from its checkpoint with the same losses`;
      it(goesOn, { timeout: TIMEOUT }, async () => {
        const create = (name: string) =>
          RunFolder.create(join(folder, `${command}-${name}`), command, {}, []);
        const run = await create("lost");
        await assert.rejects(steps(run, LOST), (error) => {
          assert.ok(error instanceof EngineError && error.code === "device-lost", String(error));
          assert.match(error.message, /the GPU was lost/);
          assert.match(error.message, new RegExp(`checkpoint\\.safetensors is of step ${SAVED}, --resume`));
          return true;
        });
        const resumed = await steps((await RunFolder.resume(run.path, command)).folder);
        const whole = await steps(await create("whole"));
        assert.equal(whole.length, STEPS);
        assert.deepEqual(resumed, whole);
      });
    }
  });
}
