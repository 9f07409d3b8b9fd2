import { TrainingError } from "../../errors.ts";
import type { EntityScores } from "../../metrics/entity-scores.ts";
import { evaluateAccuracy, evaluateEntities } from "../../train/evaluate.ts";
import {
  finetune,
  labelsIn,
  type Position,
  START,
  type StepReport,
  sequencesOf,
} from "../../train/finetune.ts";
import type { Trainee } from "../../train/trainee.ts";
import { createTrainee } from "./create-trainee.ts";
import type { FinetuneOptions } from "./finetune-options.ts";
import type { FinetunePlan } from "./finetune-plan.ts";
import { namingCheckpoint } from "./long-run.ts";
import { CHECKPOINT, type RunFolder, type State } from "./run-folder.ts";

/** What one seed came to. */
export interface SeedResult {
  readonly seed: number;
  /** F1 by entity, or accuracy, on the dev texts, in the best epoch. */
  readonly score: number;
  /** From 1. */
  readonly bestEpoch: number;
  readonly epochs: number;
  readonly seconds: number;
}

/** What lies beside the tensors of a checkpoint. */
interface CheckpointNote {
  readonly done: readonly SeedResult[];
  /** Builds of the kernels round differently, so a run keeps to one. */
  readonly kernels: string;
  readonly position: Position;
  readonly best: { readonly score: number; readonly epoch: number } | undefined;
  readonly seconds: number;
  readonly logBytes: number;
}

/** Who looks on, and may ask the run to stop. */
export interface RunEvents {
  readonly interrupted: () => boolean;
  onStep(seed: number, report: StepReport): void;
  onEpoch(seed: number, epoch: number, score: number): void;
}

/** The file of a seed's best weights. */
export const bestOf = (seed: number) => `best-${seed}.safetensors`;

/**
 * Trains once for each seed, from where the folder's checkpoint says that it was.
 *
 * @throws {TrainingError} `diverged`, or `interrupted`; the folder then holds the last checkpoint
 */
export async function runFinetune(
  options: FinetuneOptions,
  plan: FinetunePlan,
  folder: RunFolder,
  events: RunEvents,
): Promise<{ results: readonly SeedResult[]; weights: State }> {
  const checkpoint = await folder.readState(CHECKPOINT);
  const note = checkpoint?.note as CheckpointNote | undefined;
  await folder.rewindLog(note?.logBytes ?? 0);
  const results = [...(note?.done ?? [])];
  let kernels: string | undefined = note?.kernels ?? options.kernels;
  for (const seed of options.seeds.slice(results.length)) {
    const resumed = note !== undefined && results.length === note.done.length ? note : undefined;
    const trainee = await createTrainee(
      {
        config: plan.metadata.config,
        gru: plan.metadata.gru,
        head: options.head,
        labels: plan.metadata.labels.length,
        hidden_dropout_prob: options.dropout,
        attention_probs_dropout_prob: options.dropout,
        classifier_dropout: options.dropout,
        seed,
        device: options.device,
        fp16: options.fp16,
        subgroups: options.subgroups,
        threads: options.threads,
        kernels,
      },
      plan.initial,
    );
    kernels = trainee.kernels;
    try {
      if (resumed !== undefined) trainee.restore(checkpoint!.state);
      const run = new SeedRun(seed, trainee, options, plan, folder, results, resumed);
      results.push(await run.toEnd(events));
    } finally {
      trainee.dispose();
    }
  }
  const best = results.reduce((a, b) => (b.score > a.score ? b : a));
  return { results, weights: (await folder.readState(bestOf(best.seed)))!.state };
}

/** The training of one seed. */
class SeedRun {
  readonly #seed: number;
  readonly #trainee: Trainee;
  readonly #options: FinetuneOptions;
  readonly #plan: FinetunePlan;
  readonly #folder: RunFolder;
  readonly #done: readonly SeedResult[];
  readonly #started = performance.now();
  readonly #secondsBefore: number;
  #position: Position;
  #best: CheckpointNote["best"];
  /** Of the last checkpoint. */
  #safeStep: number;

  constructor(
    seed: number,
    trainee: Trainee,
    options: FinetuneOptions,
    plan: FinetunePlan,
    folder: RunFolder,
    done: readonly SeedResult[],
    resumed: CheckpointNote | undefined,
  ) {
    this.#seed = seed;
    this.#trainee = trainee;
    this.#options = options;
    this.#plan = plan;
    this.#folder = folder;
    this.#done = [...done];
    this.#position = resumed?.position ?? START;
    this.#best = resumed?.best;
    this.#secondsBefore = resumed?.seconds ?? 0;
    this.#safeStep = this.#position.step;
  }

  async toEnd(events: RunEvents): Promise<SeedResult> {
    try {
      for await (const report of this.#steps()) {
        await this.#step(report, events);
        if (this.#tired) break;
      }
    } catch (error) {
      throw namingCheckpoint(error, this.#folder, this.#safeStep, `seed ${this.#seed}, `);
    }
    const { score, epoch: bestEpoch } = this.#best!;
    return {
      seed: this.#seed,
      score,
      bestEpoch,
      epochs: this.#position.epoch,
      seconds: this.#seconds,
    };
  }

  get #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }

  /** Whether it has been going on for long without getting better. */
  get #tired(): boolean {
    return this.#best !== undefined && this.#position.epoch - this.#best.epoch >= this.#options.patience;
  }

  #steps(): AsyncIterable<StepReport> | readonly StepReport[] {
    if (this.#tired) return [];
    const { head } = this.#options;
    return finetune(
      this.#trainee,
      this.#plan.train,
      { ...this.#options, seed: this.#seed },
      this.#plan.metadata.config.num_hidden_layers,
      head === "crf" ? sequencesOf : labelsIn,
      this.#position,
    );
  }

  async #step(report: StepReport, events: RunEvents): Promise<void> {
    const { position, epoch, endsEpoch, steps, loss, gradientNorm, lossScale, learningRate, tokens } = report;
    this.#position = position;
    const place = { seed: this.#seed, step: position.step, epoch: epoch + 1 };
    const seconds = this.#seconds;
    await this.#folder.log({ ...place, steps, loss, gradientNorm, lossScale, learningRate, tokens, seconds });
    events.onStep(this.#seed, report);
    if (endsEpoch) {
      const { score, dev } = await this.#evaluate();
      if (this.#best === undefined || score > this.#best.score) {
        this.#best = { score, epoch: place.epoch };
        await this.#folder.writeState(bestOf(this.#seed), await parametersOf(this.#trainee), this.#best);
      }
      await this.#folder.log({ ...place, dev, seconds: this.#seconds });
      events.onEpoch(this.#seed, place.epoch, score);
    }
    const interrupted = events.interrupted();
    if (endsEpoch || interrupted || position.step % this.#options.checkpointEvery === 0) await this.#save();
    if (interrupted) {
      const resume = `electra-edge finetune --resume ${this.#folder.path} goes on`;
      throw new TrainingError("interrupted", `stopped after step ${position.step} of ${steps}; ${resume}`);
    }
  }

  async #save(): Promise<void> {
    const note: CheckpointNote = {
      done: this.#done,
      kernels: this.#trainee.kernels,
      position: this.#position,
      best: this.#best,
      seconds: this.#seconds,
      logBytes: await this.#folder.saveLog(),
    };
    await this.#folder.writeState(CHECKPOINT, await this.#trainee.state(), note);
    this.#safeStep = this.#position.step;
  }

  async #evaluate(): Promise<{ score: number; dev: EntityScores | { accuracy: number } }> {
    const { dev, metadata } = this.#plan;
    if (this.#options.head === "sequence") {
      const accuracy = await evaluateAccuracy(this.#trainee, dev);
      return { score: accuracy, dev: { accuracy } };
    }
    const scores = await evaluateEntities(this.#trainee, dev, metadata.labels);
    return { score: scores.f1, dev: scores };
  }
}

async function parametersOf(trainee: Trainee): Promise<State> {
  const names = new Set(trainee.parameters.map(({ name }) => name));
  return new Map([...(await trainee.state())].filter(([name]) => names.has(name)));
}
