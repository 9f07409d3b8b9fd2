import type { EntityScores } from "../metrics/entity-scores.ts";
import { evaluateAccuracy, evaluateEntities } from "../train/evaluate.ts";
import { finetune, labelsIn, type Position, START, type StepReport, sequencesOf } from "../train/finetune.ts";
import { createTrainee, type Trainee } from "../train.node.ts";
import type { FinetuneOptions } from "./finetune-options.ts";
import type { FinetunePlan } from "./finetune-plan.ts";
import type { RunFolder, State } from "./run-folder.ts";

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
  readonly position: Position;
  readonly best: { readonly score: number; readonly epoch: number } | undefined;
  readonly seconds: number;
  readonly logBytes: number;
}

export interface RunEvents {
  onStep(seed: number, report: StepReport): void;
  onEpoch(seed: number, epoch: number, score: number): void;
}

const CHECKPOINT = "checkpoint.safetensors";
const bestOf = (seed: number) => `best-${seed}.safetensors`;

/** Trains once for each seed, from where the folder's checkpoint says that it was. */
export async function runFinetune(
  options: FinetuneOptions,
  plan: FinetunePlan,
  folder: RunFolder,
  events: RunEvents,
): Promise<{ results: readonly SeedResult[]; weights: State }> {
  const checkpoint = await folder.readState(CHECKPOINT);
  const note = checkpoint?.note as CheckpointNote | undefined;
  if (note !== undefined) await folder.rewindLog(note.logBytes);
  const results = [...(note?.done ?? [])];
  for (const seed of options.seeds.slice(results.length)) {
    const resumed = note !== undefined && results.length === note.done.length ? note : undefined;
    const trainee = await createTrainee(
      {
        config: plan.metadata.config,
        head: options.head,
        labels: plan.metadata.labels.length,
        hidden_dropout_prob: options.dropout,
        attention_probs_dropout_prob: options.dropout,
        classifier_dropout: options.dropout,
        seed,
        threads: options.threads,
      },
      plan.initial,
    );
    try {
      if (resumed !== undefined) trainee.restore(checkpoint!.state);
      results.push(await trainSeed(trainee, seed, options, plan, folder, results, resumed, events));
    } finally {
      trainee.dispose();
    }
  }
  const best = results.reduce((a, b) => (b.score > a.score ? b : a));
  return { results, weights: (await folder.readState(bestOf(best.seed)))!.state };
}

async function trainSeed(
  trainee: Trainee,
  seed: number,
  options: FinetuneOptions,
  { metadata, train, dev }: FinetunePlan,
  folder: RunFolder,
  done: readonly SeedResult[],
  resumed: CheckpointNote | undefined,
  events: RunEvents,
): Promise<SeedResult> {
  const started = performance.now();
  const seconds = () => (resumed?.seconds ?? 0) + (performance.now() - started) / 1000;
  let best = resumed?.best;
  let epochs = resumed?.position.epoch ?? 0;
  const layers = metadata.config.num_hidden_layers;
  const lossesIn = options.head === "crf" ? sequencesOf : labelsIn;
  const settings = { ...options, seed };
  const tired = () => best !== undefined && epochs - best.epoch >= options.patience;
  if (!tired()) {
    for await (const report of finetune(
      trainee,
      train,
      settings,
      layers,
      lossesIn,
      resumed?.position ?? START,
    )) {
      const { position, epoch, endsEpoch, ...rest } = report;
      await folder.log({ seed, step: position.step, epoch: epoch + 1, ...rest });
      events.onStep(seed, report);
      if (endsEpoch) {
        epochs = epoch + 1;
        const { score, scores } = await evaluate(trainee, options, metadata.labels, dev);
        if (best === undefined || score > best.score) {
          best = { score, epoch: epochs };
          await folder.writeState(bestOf(seed), await parametersOf(trainee), best);
        }
        await folder.log({ seed, epoch: epochs, step: position.step, dev: scores ?? { accuracy: score } });
        events.onEpoch(seed, epochs, score);
      }
      if (endsEpoch || position.step % options.checkpointEvery === 0) {
        const note: CheckpointNote = {
          done,
          position,
          best,
          seconds: seconds(),
          logBytes: await folder.logBytes(),
        };
        await folder.writeState(CHECKPOINT, await trainee.state(), note);
      }
      if (tired()) break;
    }
  }
  return { seed, score: best!.score, bestEpoch: best!.epoch, epochs, seconds: seconds() };
}

async function parametersOf(trainee: Trainee): Promise<State> {
  const names = new Set(trainee.parameters.map(({ name }) => name));
  return new Map([...(await trainee.state())].filter(([name]) => names.has(name)));
}

async function evaluate(
  trainee: Trainee,
  { head }: FinetuneOptions,
  labels: readonly string[],
  dev: FinetunePlan["dev"],
): Promise<{ score: number; scores?: EntityScores }> {
  if (head === "sequence") return { score: await evaluateAccuracy(trainee, dev) };
  const scores = await evaluateEntities(trainee, dev, labels);
  return { score: scores.f1, scores };
}
