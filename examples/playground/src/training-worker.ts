// The worker that trains a tagger from labelled texts.
import {
  type AnnotatedText,
  buildCharacterVocabulary,
  createTokenizer,
  createTrainee,
  type ElectraTrainee,
  EngineError,
  evaluateEntities,
  FINETUNE_DEFAULTS,
  finetune,
  type LabelledUnits,
  labelsOf,
  modelMetadata,
  parseConfig,
  parseDataset,
  sequencesOf,
  serializeModel,
  tokenExamples,
  tokenizerOver,
  unitsOfSpans,
} from "electra-edge/train";
import { failureOf } from "./calls.ts";

export interface TrainingOrder {
  /** A file in any form that `parseDataset` knows. */
  readonly content: string;
  readonly file: string;
  /** "auto" takes a GPU where there is one, "webgpu" also one in software; where neither can be, the processor trains. */
  readonly device: "auto" | "webgpu" | "wasm";
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

export type TrainingEvent =
  | { readonly kind: "data"; readonly texts: number; readonly dev: number; readonly labels: number }
  | {
      readonly kind: "device";
      readonly kernels: string;
      readonly parameters: number;
      /** Why it is the processor, where a GPU was asked for. */
      readonly fallback: "none" | "software" | undefined;
    }
  | {
      readonly kind: "step";
      readonly step: number;
      readonly steps: number;
      readonly epoch: number;
      readonly loss: number;
      readonly tokens: number;
      readonly seconds: number;
    }
  | { readonly kind: "epoch"; readonly epoch: number; readonly step: number; readonly f1: number }
  | { readonly kind: "done"; readonly model: Uint8Array; readonly f1: number; readonly seconds: number }
  | { readonly kind: "failed"; readonly code: string | undefined; readonly message: string };

/** One text in so many is kept from learning, to judge by. */
const DEV_SHARE = 5;
const FEWEST_TEXTS = 10;
const MAX_TOKENS = 512;
const LAYERS = 2;

let stopping = false;
const tell = (event: TrainingEvent) => postMessage(event);

addEventListener("message", async ({ data }: MessageEvent<TrainingOrder | "stop">) => {
  if (data === "stop") {
    stopping = true;
    return;
  }
  stopping = false;
  try {
    await train(data);
  } catch (error) {
    tell({ kind: "failed", ...failureOf(error) });
  }
});

function textsOf({ content, file }: TrainingOrder): readonly LabelledUnits[] {
  const { form, examples } = parseDataset(content, file);
  return form === "cluener"
    ? (examples as readonly AnnotatedText[]).map(unitsOfSpans)
    : (examples as LabelledUnits[]);
}

async function train(order: TrainingOrder): Promise<void> {
  const texts = textsOf(order);
  if (texts.length < FEWEST_TEXTS) {
    throw new RangeError(`${order.file}: expected at least ${FEWEST_TEXTS} texts, found ${texts.length}`);
  }
  const isDev = (_: unknown, i: number) => i % DEV_SHARE === DEV_SHARE - 1;
  const learned = texts.filter((text, i) => !isDev(text, i));
  const labels = labelsOf(texts);
  const vocab = buildCharacterVocabulary(
    learned.map(({ text }) => text),
    // Rarer characters are left to [UNK], so that it is met in training.
    { size: 5000, minFrequency: 3, do_lower_case: true },
  );
  const tokenizer = tokenizerOver(vocab, "characters", true);
  const config = parseConfig(
    {
      // Of few texts, positions relative to each other teach far more than absolute ones.
      model_type: "roformer",
      position_embedding_type: "rotary",
      vocab_size: vocab.length,
      embedding_size: 64,
      hidden_size: 128,
      num_hidden_layers: LAYERS,
      num_attention_heads: 4,
      intermediate_size: 256,
      max_position_embeddings: MAX_TOKENS,
      type_vocab_size: 2,
    },
    "the page's model",
  );
  const form = { tokenizer: createTokenizer(tokenizer), labels, maxTokens: MAX_TOKENS };
  const examples = tokenExamples(learned, form, order.file);
  const dev = tokenExamples(texts.filter(isDev), form, order.file);
  tell({ kind: "data", texts: learned.length, dev: dev.length, labels: labels.length });

  const trainee = await open(order, { config, head: "crf" as const, labels: labels.length, seed: 1 });
  try {
    const settings = {
      ...FINETUNE_DEFAULTS,
      epochs: order.epochs,
      batchSize: order.batchSize,
      learningRate: order.learningRate,
      crfLearningRate: 10 * order.learningRate,
    };
    const begun = performance.now();
    const seconds = () => (performance.now() - begun) / 1000;
    let best = { f1: -1, weights: new Map<string, Float32Array>() };
    const judge = async (epoch: number, step: number) => {
      const { f1 } = await evaluateEntities(trainee, dev, labels);
      if (f1 > best.f1) best = { f1, weights: await trainee.state() };
      tell({ kind: "epoch", epoch, step, f1 });
    };
    for await (const report of finetune(trainee, examples, settings, LAYERS, sequencesOf)) {
      const { epoch, steps, loss, tokens, endsEpoch, position } = report;
      const { step } = position;
      tell({ kind: "step", step, steps, epoch: epoch + 1, loss, tokens, seconds: seconds() });
      // Where nothing else waits, messages to this worker would have no turn.
      if (step % 4 === 0) await new Promise((resolve) => setTimeout(resolve));
      if (endsEpoch || stopping) await judge(epoch + 1, step);
      if (stopping) break;
    }
    const metadata = modelMetadata({ head: "crf", config, tokenizer, labels, examples });
    const model = serializeModel(metadata, best.weights, "f32");
    tell({ kind: "done", model, f1: best.f1, seconds: seconds() });
  } finally {
    trainee.dispose();
  }
}

type Network = Omit<
  Parameters<typeof createTrainee>[0],
  "hidden_dropout_prob" | "attention_probs_dropout_prob" | "classifier_dropout"
>;

/** On the device that was asked for, or on the processor where there is no such. */
async function open({ device }: TrainingOrder, network: Network): Promise<ElectraTrainee> {
  const on = (device: TrainingOrder["device"]) =>
    createTrainee({
      ...network,
      hidden_dropout_prob: 0.2,
      attention_probs_dropout_prob: 0.2,
      classifier_dropout: 0.2,
      device,
      threads,
    });
  // Half of the cores, so that the page and the models in it stay quick.
  const threads = crossOriginIsolated ? Math.max(1, Math.min(4, navigator.hardwareConcurrency >> 1)) : 1;
  let fallback: "none" | "software" | undefined;
  let trainee: ElectraTrainee;
  try {
    trainee = await on(device);
  } catch (error) {
    if (device === "wasm" || !(error instanceof EngineError && error.code === "no-webgpu")) throw error;
    fallback = "none";
    trainee = await on("wasm");
  }
  if (device === "auto" && !trainee.kernels.startsWith("webgpu")) {
    fallback = (await navigator.gpu?.requestAdapter()) ? "software" : "none";
  }
  const parameters = trainee.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  tell({ kind: "device", kernels: trainee.kernels, parameters, fallback });
  return trainee;
}
