import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Command, type Option } from "commander";
import { type FinetuneOptions, finetuneOptions } from "../../src/cli/training/finetune-options.ts";
import { planFinetune } from "../../src/cli/training/finetune-plan.ts";
import { runFinetune } from "../../src/cli/training/finetune-run.ts";
import { RunFolder } from "../../src/cli/training/run-folder.ts";
import { EngineError } from "../../src/errors.ts";
import { connect } from "../../src/train/webgpu/connection.ts";
import { tellThatGpuIsMissing, testGpu } from "../train/gpus.ts";
import { logOf } from "./cut-off.ts";

const NETWORK = [
  ...["--layers", "1", "--hidden-size", "32", "--heads", "4", "--intermediate-size", "32"],
  ...["--embedding-size", "32", "--dropout", "0", "--device", "webgpu", "--checkpoint-every", "3"],
];
/** The step that the GPU is lost after, and those of the checkpoint before it and of the whole run. */
const [LOST, SAVED, STEPS] = [5, 3, 7];

const TEXTS = Array.from({ length: 2 * STEPS }, (_, i) => {
  const [person, city] = [["张三", "李四", "王五"][i % 3]!, ["北京", "上海"][i % 2]!];
  return `${person[0]} B-P\n${person[1]} I-P\n在 O\n${city[0]} B-C\n${city[1]} I-C\n`;
});

const ARGUMENTS = [
  ...["--head", "softmax", "--epochs", "1", "--batch-size", "2", "--min-frequency", "1"],
  ...NETWORK,
];

/** Options as the command line would give them. */
function parse<T>(options: readonly Option[], ...args: readonly string[]): T {
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
      await writeFile(join(folder, "train.txt"), TEXTS.join("\n"));
      await writeFile(join(folder, "dev.txt"), TEXTS.slice(0, 2).join("\n"));
    });
    after(() => rm(folder, { recursive: true }));

    /** A run's losses, step by step; where told, the GPU is lost on the way. */
    async function losses(run: RunFolder, lostAfter?: number): Promise<unknown[]> {
      const { device } = await connect(gpu!);
      let steps = 0;
      const onStep = () => {
        if (++steps === lostAfter) device.destroy();
      };
      const interrupted = () => false;
      const options = parse<FinetuneOptions>(
        finetuneOptions(),
        ...[...ARGUMENTS, "-o", join(folder, "model")],
        ...["--train", join(folder, "train.txt"), "--dev", join(folder, "dev.txt")],
      );
      const events = { interrupted, onStep, onEpoch() {} };
      await runFinetune(options, await planFinetune(options), run, events);
      return (await logOf(run.path))
        .filter((entry) => "gradientNorm" in entry)
        .map(({ seconds, ...entry }) => entry);
    }

    it("finetune says so, and goes on from its checkpoint with the same losses", async () => {
      const create = (name: string) => RunFolder.create(join(folder, name), "finetune", {}, []);
      const run = await create("lost");
      await assert.rejects(losses(run, LOST), (error) => {
        assert.ok(error instanceof EngineError && error.code === "device-lost", String(error));
        assert.match(error.message, /the GPU was lost/);
        assert.match(error.message, new RegExp(`checkpoint\\.safetensors is of step ${SAVED}, --resume`));
        return true;
      });
      const resumed = await losses((await RunFolder.resume(run.path, "finetune")).folder);
      const whole = await losses(await create("whole"));
      assert.ok(whole.length >= STEPS, `${whole.length} steps`);
      assert.deepEqual(resumed, whole);
    });
  });
}
