import { type ElectraConfig, type GruConfig, hasWordsAlone } from "../model/config.ts";
import { modelParameters } from "../model/file/model-file.ts";
import { indexOfMaximum, softmax } from "../model/scores.ts";
import type { Buffer, Device, Offsets } from "./device.ts";
import { encodeGru } from "./gru.ts";
import { IGNORED_LABEL } from "./labels.ts";
import { type DeviceBatch, Draws, type DropoutRates, ElectraNetwork } from "./network.ts";
import { crfLoss, crossEntropy } from "./ops.ts";
import { Parameters } from "./parameters.ts";
import { type Parameter, Tape, type Tensor } from "./tape.ts";
import type { Example, Trainee, UpdateSettings } from "./trainee.ts";
import { Turns } from "./turns.ts";
import { viterbi } from "./viterbi.ts";

/** What a network ends in: labels of tokens as a CRF's path or each for itself, or one label for the whole sequence. */
export type Head = "crf" | "softmax" | "sequence";

export interface TraineeSettings extends DropoutRates {
  readonly config: ElectraConfig;
  /** Recurrent layers between the encoder and a head for tokens; none where absent. */
  readonly gru?: GruConfig | undefined;
  readonly head: Head;
  /** How many labels there are. */
  readonly labels: number;
  /** Of what is drawn for parameters that no checkpoint gives. */
  readonly seed: number;
}

/** An ELECTRA encoder with a head, in training on a device. */
export class ElectraTrainee implements Trainee {
  readonly #settings: TraineeSettings;
  readonly #device: Device;
  readonly #parameters: Parameters;
  readonly #network: ElectraNetwork;
  readonly #turns: Turns;

  /**
   * @param initial values by Hugging Face's tensor names; others are drawn
   * @throws {RangeError} for a tensor of another size, or a GRU before a label of the whole sequence
   */
  constructor(device: Device, settings: TraineeSettings, initial: ReadonlyMap<string, Float32Array>) {
    const { config, head, labels, gru } = settings;
    if (head === "sequence" && gru !== undefined) throw new RangeError("a GRU is for labels of tokens");
    const task = head === "sequence" ? "text-classification" : "token-classification";
    const descriptions = modelParameters(config, task, labels, head === "crf", gru);
    this.#settings = settings;
    this.#device = device;
    this.#parameters = new Parameters(device, descriptions);
    this.#turns = new Turns(device);
    this.#network = new ElectraNetwork(config, this.#parameters, settings);
    this.#parameters.initialize(initial, settings.seed, hasWordsAlone(config) ? 1 : undefined);
  }

  get parameters(): readonly { readonly name: string; readonly shape: readonly number[] }[] {
    return [...this.#parameters.named.values()];
  }

  get kernels(): string {
    return this.#device.kernels;
  }

  get byteLength(): number {
    return this.#device.byteLength;
  }

  get lossScale(): number | undefined {
    return this.#parameters.lossScale;
  }

  accumulate(batch: readonly Example[], seed: number, scale: number): Promise<number> {
    return this.#turns.take(async () => {
      const tape = new Tape(this.#device);
      const scores = this.#scores(tape, batch, new Draws(seed));
      const loss = this.#loss(tape, scores, batch, scale * (this.#parameters.lossScale ?? 1));
      tape.backward();
      return (await this.#device.read(loss))[0]! * scale;
    });
  }

  update(settings: UpdateSettings): Promise<number> {
    const mixed = this.#device.mixedPrecision !== undefined;
    return this.#turns.take(() => this.#parameters.update(settings), mixed);
  }

  predict(batch: readonly Example[]): Promise<Int32Array[]> {
    return this.#turns.take(async () => {
      const { logits, offsets } = this.#scores(new Tape(this.#device), batch, new Draws(undefined));
      const { labels, head } = this.#settings;
      const [values, crf] = await Promise.all([
        this.#device.read(logits.value),
        head === "crf" ? this.#readCrf() : undefined,
      ]);
      const rows = (first: number, last: number) => values.subarray(first * labels, last * labels);
      return batch.map((_, i) => {
        const [first, last] = [offsets[i]!, offsets[i + 1]!];
        if (crf !== undefined) {
          return first === last
            ? new Int32Array(0)
            : viterbi(rows(first, last), crf.start, crf.transitions, crf.end);
        }
        return Int32Array.from({ length: last - first }, (_, t) =>
          indexOfMaximum(rows(first + t, first + t + 1)),
        );
      });
    });
  }

  async probabilities(batch: readonly Example[]): Promise<Float32Array[]> {
    const { labels, head } = this.#settings;
    if (head === "crf") throw new RangeError("a CRF's labels have no probabilities of their own");
    return this.#turns.take(async () => {
      const { logits, offsets } = this.#scores(new Tape(this.#device), batch, new Draws(undefined));
      const values = await this.#device.read(logits.value);
      return batch.map((_, i) =>
        softmaxOfRows(values.slice(offsets[i]! * labels, offsets[i + 1]! * labels), labels),
      );
    });
  }

  gradients(): Promise<Map<string, Float32Array>> {
    return this.#turns.take(() => this.#parameters.gradients());
  }

  state(): Promise<Map<string, Float32Array>> {
    return this.#turns.take(() => this.#parameters.state());
  }

  restore(state: ReadonlyMap<string, Float32Array>): void {
    this.#parameters.restore(state);
  }

  dispose(): void {
    this.#device.dispose();
  }

  /** The scores of all that carries a label, sequence after sequence: tokens, or sequences. */
  #scores(tape: Tape, batch: readonly Example[], draws: Draws): { logits: Tensor; offsets: Offsets } {
    const device = this.#device;
    this.#parameters.prepare();
    const { tokens, starts } = this.#pack(batch);
    const hidden = this.#encode(tape, tokens, draws);
    if (this.#settings.head === "sequence") {
      const first = device.integers(starts.slice(0, -1));
      return {
        logits: this.#network.classifySequences(tape, hidden, first, draws),
        offsets: Array.from(starts.keys()),
      };
    }
    const labelled = batch.map(({ labels }, i) => {
      const carry = [...labels.keys()].filter((token) => labels[token] !== IGNORED_LABEL);
      return carry.map((token) => token + starts[i]!);
    });
    const rows = device.integers(labelled.flat());
    return {
      logits: this.#network.classifyTokens(tape, hidden, rows, draws),
      offsets: offsetsOf(labelled),
    };
  }

  #encode(tape: Tape, tokens: DeviceBatch, draws: Draws): Tensor {
    const encoded = this.#network.encode(tape, tokens, draws);
    const { gru, hidden_dropout_prob } = this.#settings;
    if (gru === undefined) return encoded;
    return encodeGru(tape, gru, this.#parameters, encoded, tokens.offsets, hidden_dropout_prob, draws);
  }

  #loss(
    tape: Tape,
    { logits, offsets }: { logits: Tensor; offsets: Offsets },
    batch: readonly Example[],
    scale: number,
  ): Buffer {
    const labels = batch.flatMap(({ labels }) => Array.from(labels).filter((id) => id !== IGNORED_LABEL));
    const ids = this.#device.integers(labels);
    if (this.#settings.head !== "crf") return crossEntropy(tape, logits, ids, scale);
    return crfLoss(tape, logits, ids, offsets, this.#crf(), scale);
  }

  #pack(batch: readonly Example[]): { tokens: DeviceBatch; starts: Offsets } {
    const sequences = batch.map(({ inputIds }) => Array.from(inputIds));
    const starts = offsetsOf(sequences);
    const tokens = {
      inputIds: this.#device.integers(sequences.flat()),
      positions: this.#device.integers(sequences.flatMap((ids) => [...ids.keys()])),
      tokenTypeIds: this.#device.integers(new Int32Array(starts.at(-1)!)),
      offsets: starts,
    };
    return { tokens, starts };
  }

  #crf(): { start: Parameter; transitions: Parameter; end: Parameter } {
    const of = (name: string) => this.#parameters.get(`crf.${name}`);
    return { start: of("start_transitions"), transitions: of("transitions"), end: of("end_transitions") };
  }

  async #readCrf() {
    const { start, transitions, end } = this.#crf();
    const read = ({ value }: Parameter) => this.#device.read(value);
    const [startValues, transitionValues, endValues] = await Promise.all([
      read(start),
      read(transitions),
      read(end),
    ]);
    return { start: startValues, transitions: transitionValues, end: endValues };
  }
}

/** Of each row of `columns` values. */
function softmaxOfRows(values: Float32Array, columns: number): Float32Array {
  for (let first = 0; first < values.length; first += columns) {
    const row = values.subarray(first, first + columns);
    row.set(softmax(row));
  }
  return values;
}

function offsetsOf(parts: readonly (readonly unknown[])[]): number[] {
  const offsets = [0];
  for (const { length } of parts) offsets.push(offsets.at(-1)! + length);
  return offsets;
}
