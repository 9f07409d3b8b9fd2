import { TrainingError } from "../../errors.ts";
import type { ModelMetadata } from "../../model/file/model-file.ts";
import type { ElectraPretraining, PretrainingScores } from "../../train/electra-pretraining.ts";
import { maskedBatches } from "../../train/masked-batches.ts";
import { type PretrainReport, pretrain } from "../../train/pretrain.ts";
import {
  discriminatorParameters,
  generatorName,
  generatorParameters,
} from "../../train/pretraining-parameters.ts";
import { createPretraining } from "./create-trainee.ts";
import { namingCheckpoint } from "./long-run.ts";
import type { PretrainEntry } from "./pretrain-log.ts";
import { type PretrainOptions, withSize } from "./pretrain-options.ts";
import type { PretrainPlan } from "./pretrain-plan.ts";
import { CHECKPOINT, type RunFolder, type State } from "./run-folder.ts";
import { writeWeights } from "./write-weights.ts";

/** What a run came to. */
export interface PretrainResult {
  readonly steps: number;
  readonly tokens: number;
  readonly seconds: number;
  /** Of the last steps. */
  readonly scores: PretrainingScores;
  readonly generator: string;
  readonly discriminator: string;
}

/** What lies beside the tensors of a checkpoint. */
interface CheckpointNote {
  readonly step: number;
  readonly tokens: number;
  readonly seconds: number;
  readonly logBytes: number;
  readonly scores: PretrainingScores | undefined;
  /** Builds of the kernels round differently, so a run keeps to one. */
  readonly kernels: string;
}

/** Who looks on, and may ask the run to stop. */
export interface PretrainEvents {
  readonly interrupted: () => boolean;
  onStep(report: PretrainReport): void;
  onScores(report: PretrainReport, scores: PretrainingScores): void;
}

/**
 * Trains from where the folder's checkpoint says that it was, and writes both models.
 *
 * @throws {TrainingError} `diverged`, or `interrupted`; the folder then holds the last checkpoint
 */
export async function runPretrain(
  options: PretrainOptions,
  plan: PretrainPlan,
  folder: RunFolder,
  events: PretrainEvents,
): Promise<PretrainResult> {
  const checkpoint = await folder.readState(CHECKPOINT);
  const note = checkpoint?.note as CheckpointNote | undefined;
  await folder.rewindLog(note?.logBytes ?? 0);
  const trainee = await createPretraining({
    ...plan.configs,
    dropout: { hidden_dropout_prob: options.dropout, attention_probs_dropout_prob: options.dropout },
    seed: options.seed,
    device: options.device,
    fp16: options.fp16,
    subgroups: options.subgroups,
    threads: options.threads,
    kernels: note?.kernels ?? options.kernels,
  });
  try {
    if (checkpoint !== undefined) trainee.restore(checkpoint.state);
    return await new PretrainRun(trainee, options, plan, folder, note).toEnd(events);
  } finally {
    trainee.dispose();
  }
}

class PretrainRun {
  readonly #trainee: ElectraPretraining;
  readonly #options: PretrainOptions;
  readonly #plan: PretrainPlan;
  readonly #folder: RunFolder;
  readonly #started = performance.now();
  readonly #secondsBefore: number;
  #step: number;
  #tokens: number;
  #scores: PretrainingScores | undefined;
  /** Of the last checkpoint. */
  #safeStep: number;

  constructor(
    trainee: ElectraPretraining,
    options: PretrainOptions,
    plan: PretrainPlan,
    folder: RunFolder,
    resumed: CheckpointNote | undefined,
  ) {
    this.#trainee = trainee;
    this.#options = options;
    this.#plan = plan;
    this.#folder = folder;
    this.#secondsBefore = resumed?.seconds ?? 0;
    this.#step = resumed?.step ?? 0;
    this.#tokens = resumed?.tokens ?? 0;
    this.#scores = resumed?.scores;
    this.#safeStep = this.#step;
  }

  async toEnd(events: PretrainEvents): Promise<PretrainResult> {
    const { batchSize, accumulate, seed, output } = this.#options;
    const { sequences, masking } = this.#plan;
    const batches = maskedBatches(sequences, { batchSize, accumulate, seed, masking });
    const settings = withSize(this.#options);
    try {
      for await (const report of pretrain(this.#trainee, batches, settings, this.#step)) {
        await this.#take(report, events);
      }
    } catch (error) {
      throw namingCheckpoint(error, this.#folder, this.#safeStep);
    }
    return {
      steps: this.#step,
      tokens: this.#tokens,
      seconds: this.#seconds,
      scores: this.#scores!,
      ...(await this.#writeModels(output)),
    };
  }

  get #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }

  async #take(report: PretrainReport, events: PretrainEvents): Promise<void> {
    const { step, steps } = report;
    const { scoreEvery, checkpointEvery, keepEvery } = this.#options;
    this.#step = step;
    this.#tokens += report.tokens;
    const last = step === steps;
    const scored = last || step % scoreEvery === 0;
    if (scored) this.#scores = await this.#trainee.takeScores();
    const entry: PretrainEntry = {
      ...report,
      seconds: this.#seconds,
      ...(scored ? { scores: this.#scores! } : {}),
    };
    await this.#folder.log(entry);
    events.onStep(report);
    if (scored) events.onScores(report, this.#scores!);
    const interrupted = !last && events.interrupted();
    if (last || interrupted || step % checkpointEvery === 0) await this.#save();
    if (keepEvery !== undefined && step % keepEvery === 0) {
      await this.#writeModels(this.#folder.file(`step-${step}`));
    }
    if (interrupted) {
      const resume = `electra-edge pretrain --resume ${this.#folder.path} goes on`;
      throw new TrainingError("interrupted", `stopped after step ${step} of ${steps}; ${resume}`);
    }
  }

  async #save(): Promise<void> {
    const note: CheckpointNote = {
      step: this.#step,
      tokens: this.#tokens,
      seconds: this.#seconds,
      logBytes: await this.#folder.saveLog(),
      scores: this.#scores,
      kernels: this.#trainee.kernels,
    };
    await this.#folder.writeState(CHECKPOINT, await this.#trainee.state(), note);
    this.#safeStep = this.#step;
  }

  /** Both models, each for the task that it was trained on, with what its own checkpoint has. */
  async #writeModels(name: string): Promise<{ generator: string; discriminator: string }> {
    const { configs, tokenizer } = this.#plan;
    const state = await this.#trainee.state();
    const metadataOf = (task: ModelMetadata["task"], config: ModelMetadata["config"]): ModelMetadata => ({
      task,
      config,
      tokenizer,
      labels: [],
      scheme: undefined,
      crf: undefined,
      quantization_error: undefined,
      license: this.#options.license,
      source: this.#options.source,
    });
    const pick = (names: readonly { readonly name: string }[], of: (name: string) => string): State =>
      new Map(names.map(({ name }) => [name, state.get(of(name))!]));
    const files = {
      generator: `${name}-generator.safetensors`,
      discriminator: `${name}-discriminator.safetensors`,
    };
    await writeWeights(
      files.generator,
      metadataOf("fill-mask", configs.generator),
      pick(generatorParameters(configs.generator), generatorName),
      this.#options.dtype,
    );
    await writeWeights(
      files.discriminator,
      metadataOf("replaced-token-detection", configs.discriminator),
      pick(discriminatorParameters(configs.discriminator), (name) => name),
      this.#options.dtype,
    );
    return files;
  }
}
