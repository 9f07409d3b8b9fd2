import { type DetectionScores, detectionScores } from "../metrics/detection-scores.ts";
import type { Buffer, Device } from "./device.ts";
import { type DeviceBatch, Draws, type DropoutRates, ElectraNetwork } from "./network.ts";
import { binaryCrossEntropy, crossEntropy } from "./ops.ts";
import { Parameters } from "./parameters.ts";
import { ofGenerator, type PretrainingConfigs, pretrainingParameters } from "./pretraining-parameters.ts";
import { Tape } from "./tape.ts";
import type { UpdateSettings } from "./trainee.ts";
import { Turns } from "./turns.ts";

/** A sequence with tokens masked out. */
export interface MaskedExample {
  /** The text's tokens, with `[CLS]` and `[SEP]`. */
  readonly inputIds: Int32Array;
  /** How many of them belong to the first segment; all others are of type 1. */
  readonly firstSegment: number;
  /** The places of tokens that the generator is to predict, all different. */
  readonly maskedPositions: Int32Array;
  /** What the generator is given: the tokens, most of those at masked positions replaced by `[MASK]`. */
  readonly maskedIds: Int32Array;
  /** What the discriminator is given at the masked positions, where the generator is not to draw it. */
  readonly sampledIds?: Int32Array;
}

export interface PretrainingSettings extends PretrainingConfigs {
  readonly dropout: Omit<DropoutRates, "classifier_dropout">;
  /** Of what is drawn for parameters, 32 bits. */
  readonly seed: number;
}

/** The two losses, or what they are multiplied with. */
export interface PretrainingLosses {
  readonly generator: number;
  readonly discriminator: number;
}

/** How well the two do on what they learned from, before they learned from it. */
export interface PretrainingScores extends DetectionScores {
  /** The share of masked tokens that the generator finds most likely. */
  readonly generatorAccuracy: number;
}

/** Clark et al. 2020, section 2: what the losses weigh. */
const WEIGHTS: PretrainingLosses = { generator: 1, discriminator: 50 };

const HISTOGRAM_BINS = 2048;
const HITS = "scores.hits";
const HISTOGRAM = "scores.histogram";

/**
 * ELECTRA's pre-training (Clark et al. 2020) on a device: a generator learns to predict masked tokens, and a
 * discriminator, from which later tasks start, to tell what was drawn from the generator from what was written.
 */
export class ElectraPretraining {
  readonly #device: Device;
  readonly #parameters: Parameters;
  readonly #generator: ElectraNetwork;
  readonly #discriminator: ElectraNetwork;
  readonly #turns: Turns;
  readonly #hits: Buffer;
  readonly #histogram: Buffer;

  /**
   * @param initial values by the names that {@link parameters} has; others are drawn
   * @throws {RangeError} for a tensor of another size
   */
  constructor(
    device: Device,
    { generator, discriminator, dropout, seed }: PretrainingSettings,
    initial: ReadonlyMap<string, Float32Array>,
  ) {
    const rates = { ...dropout, classifier_dropout: 0 };
    this.#device = device;
    this.#parameters = new Parameters(device, pretrainingParameters({ generator, discriminator }));
    this.#turns = new Turns(device);
    this.#generator = new ElectraNetwork(generator, ofGenerator(this.#parameters), rates);
    this.#discriminator = new ElectraNetwork(discriminator, this.#parameters, rates);
    this.#hits = device.allocate(1, 2);
    this.#histogram = device.allocate(2, HISTOGRAM_BINS);
    this.#parameters.initialize(initial, seed);
  }

  /** The discriminator's by its checkpoint's names, and those of the generator alone as `generator.<name>`. */
  get parameters(): readonly { readonly name: string; readonly shape: readonly number[] }[] {
    return [...this.#parameters.named.values()];
  }

  /** Which build of the operations computes; a run that is to go on bit for bit goes on with the same. */
  get kernels(): string {
    return this.#device.kernels;
  }

  /** Memory that it holds, in bytes. */
  get byteLength(): number {
    return this.#device.byteLength;
  }

  /** As `Trainee.lossScale`. */
  get lossScale(): number | undefined {
    return this.#parameters.lossScale;
  }

  /**
   * Forward and backward; gradients add up until {@link update}.
   *
   * @param seed of the dropout and of what is drawn from the generator, 32 bits
   * @param scale of the two losses and, times their weights, of their gradients
   * @returns the sums of both losses, over masked tokens and over all tokens, times their scales
   */
  accumulate(
    batch: readonly MaskedExample[],
    seed: number,
    scale: PretrainingLosses,
  ): Promise<PretrainingLosses> {
    return this.#turns.take(() => this.#accumulate(batch, seed, scale));
  }

  /** As `Trainee.update`. */
  update(settings: UpdateSettings): Promise<number> {
    const mixed = this.#device.mixedPrecision !== undefined;
    return this.#turns.take(() => this.#parameters.update(settings), mixed);
  }

  /** What has been counted since this was last asked for. */
  async takeScores(): Promise<PretrainingScores> {
    const counts = this.#turns.take(() => this.#readCounts());
    const cleared = this.#turns.take(async () => {
      this.#device.fill(this.#hits, 0);
      this.#device.fill(this.#histogram, 0);
    });
    const [[[hits, masked], histogram]] = await Promise.all([counts, cleared]);
    return { generatorAccuracy: masked === 0 ? 0 : hits! / masked!, ...detectionScores(histogram) };
  }

  gradients(): Promise<Map<string, Float32Array>> {
    return this.#turns.take(() => this.#parameters.gradients());
  }

  /** All parameters by name, AdamW's moments as `Trainee.state` names them, and what has been counted. */
  state(): Promise<Map<string, Float32Array>> {
    return this.#turns.take(async () => {
      const [state, [hits, histogram]] = await Promise.all([this.#parameters.state(), this.#readCounts()]);
      return state.set(HITS, Float32Array.from(hits)).set(HISTOGRAM, Float32Array.from(histogram));
    });
  }

  /** @throws {RangeError} where a tensor is missing or of another size */
  restore(state: ReadonlyMap<string, Float32Array>): void {
    this.#parameters.restore(state);
    for (const [name, buffer] of [
      [HITS, this.#hits],
      [HISTOGRAM, this.#histogram],
    ] as const) {
      const counts = state.get(name);
      if (counts?.length !== buffer.rows * buffer.columns) {
        throw new RangeError(`no ${buffer.rows * buffer.columns} counts in tensor "${name}"`);
      }
      this.#device.write(buffer, new Float32Array(Int32Array.from(counts).buffer));
    }
  }

  dispose(): void {
    this.#device.dispose();
  }

  async #accumulate(
    batch: readonly MaskedExample[],
    seed: number,
    scale: PretrainingLosses,
  ): Promise<PretrainingLosses> {
    const device = this.#device;
    const tape = new Tape(device);
    const draws = new Draws(seed);
    const { lossScale = 1 } = this.#parameters;
    this.#parameters.prepare();
    const { sequences, maskedIds, maskedRows, maskedTokens } = this.#pack(batch);

    const context = this.#generator.encode(tape, { ...sequences, inputIds: maskedIds }, draws);
    const predicted = this.#generator.predictTokens(tape, context, maskedRows);
    const generatorScale = scale.generator * WEIGHTS.generator * lossScale;
    const generatorLoss = crossEntropy(tape, predicted, maskedTokens, generatorScale);
    device.countHits(predicted.value, maskedTokens, this.#hits);

    const sampled = this.#sample(predicted.value, batch, draws);
    const replaced = device.integers(new Int32Array(sequences.offsets.at(-1)!));
    device.replaceTokens(maskedRows, sampled, sequences.inputIds, replaced);

    const hidden = this.#discriminator.encode(tape, sequences, draws);
    const detected = this.#discriminator.detectReplaced(tape, hidden);
    const discriminatorScale = scale.discriminator * WEIGHTS.discriminator * lossScale;
    const discriminatorLoss = binaryCrossEntropy(tape, detected, replaced, discriminatorScale);
    device.scoreHistogram(detected.value, replaced, this.#histogram);

    tape.backward();
    const losses = [generatorLoss, discriminatorLoss].map(async (loss) => (await device.read(loss))[0]!);
    const [generator, discriminator] = await Promise.all(losses);
    return {
      generator: generator! * scale.generator,
      discriminator: discriminator! * scale.discriminator,
    };
  }

  #pack(batch: readonly MaskedExample[]) {
    const offsets = [0];
    for (const { inputIds } of batch) offsets.push(offsets.at(-1)! + inputIds.length);
    const tokens = <T>(of: (example: MaskedExample) => Iterable<T>) =>
      batch.flatMap((example) => [...of(example)]);
    const sequences: DeviceBatch = {
      inputIds: this.#device.integers(tokens(({ inputIds }) => inputIds)),
      positions: this.#device.integers(tokens(({ inputIds }) => inputIds.keys())),
      tokenTypeIds: this.#device.integers(
        tokens(({ inputIds, firstSegment }) => inputIds.map((_, i) => Number(i >= firstSegment))),
      ),
      offsets,
    };
    const rows = batch.flatMap(({ maskedPositions }, i) =>
      Array.from(maskedPositions, (position) => offsets[i]! + position),
    );
    return {
      sequences,
      maskedIds: this.#device.integers(tokens(({ maskedIds }) => maskedIds)),
      maskedRows: this.#device.integers(rows),
      maskedTokens: this.#device.integers(
        tokens(({ inputIds, maskedPositions }) => maskedPositions.map((position) => inputIds[position]!)),
      ),
    };
  }

  #sample(logits: Buffer, batch: readonly MaskedExample[], draws: Draws): Buffer {
    const draw = draws.next(0);
    const given = batch.flatMap(({ sampledIds }) => Array.from(sampledIds ?? []));
    if (given.length > 0) return this.#device.integers(given);
    const sampled = this.#device.temporary(1, logits.rows);
    this.#device.sample(logits, sampled, draw);
    return sampled;
  }

  async #readCounts(): Promise<[hits: Int32Array, histogram: Int32Array]> {
    const buffers = [this.#hits, this.#histogram].map((buffer) => this.#device.read(buffer));
    const [hits, histogram] = await Promise.all(buffers);
    return [new Int32Array(hits!.buffer), new Int32Array(histogram!.buffer)];
  }
}
