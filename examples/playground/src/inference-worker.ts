// The worker that runs models for the page.
import { type Entity, type FeatureExtractionPipeline, pipeline } from "electra-edge";
import { serveCalls } from "./calls.ts";

/** A text's entities, and what they took. */
export interface Tagged {
  readonly entities: readonly Entity[];
  /** `[CLS]` and `[SEP]` included. */
  readonly tokens: number;
  readonly milliseconds: number;
  readonly kernels: string;
}

/** What a CRF believes of a text. */
export interface Lattice {
  readonly tokens: readonly { readonly word: string; readonly start: number; readonly end: number }[];
  readonly labels: readonly string[];
  /** P(label at token): [tokens, labels]. */
  readonly marginals: Float32Array;
  readonly readings: readonly LatticeReading[];
}

export interface LatticeReading {
  readonly score: number;
  /** For each token the label's number. */
  readonly path: readonly number[];
  readonly entities: readonly Entity[];
}

/** A character of a text that must have this label. */
export interface Pin {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** What the heads of each layer look at. */
export interface Attention {
  /** `[CLS]` and `[SEP]` included. */
  readonly tokens: readonly string[];
  readonly heads: number;
  /** For each layer [heads, tokens, tokens], from the second axis to the third. */
  readonly layers: readonly Float32Array[];
}

/** How likely each character of a text was replaced. */
export interface Detected {
  readonly characters: readonly { readonly start: number; readonly end: number; readonly score: number }[];
  readonly milliseconds: number;
}

const READINGS = 5;

const sources = new Map<string, Uint8Array | URL>();
const opened = new Map<string, Promise<{ dispose(): void }>>();

const sourceOf = (model: string): Uint8Array | URL =>
  sources.get(model) ?? new URL(`./models/${model}.safetensors`, import.meta.url);

/** One load of a model for a task, however often it is asked for; a failed one is tried again. */
function once<P extends { dispose(): void }>(
  task: string,
  model: string,
  open: () => Promise<P>,
): Promise<P> {
  const key = `${task} ${model}`;
  let loading = opened.get(key) as Promise<P> | undefined;
  if (loading === undefined) {
    loading = open();
    loading.catch(() => opened.delete(key));
    opened.set(key, loading);
  }
  return loading;
}

const tagger = (model: string) =>
  once("token-classification", model, () => pipeline("token-classification", sourceOf(model)));

const extractor = (model: string): Promise<FeatureExtractionPipeline> =>
  once("feature-extraction", model, () => pipeline("feature-extraction", sourceOf(model)));

const handlers = {
  /** Takes a model file of the visitor's own, in place of an earlier one of its name. */
  async addModel(model: string, file: Uint8Array): Promise<void> {
    sources.set(model, file);
    for (const [key, loading] of opened) {
      if (!key.endsWith(` ${model}`)) continue;
      opened.delete(key);
      await loading.then(
        (pipeline) => pipeline.dispose(),
        () => {},
      );
    }
  },

  async tag(model: string, text: string): Promise<Tagged> {
    const tag = await tagger(model);
    const begun = performance.now();
    const entities = await tag(text);
    const milliseconds = performance.now() - begun;
    return { entities, tokens: [...text].length + 2, milliseconds, kernels: tag.kernels };
  },

  async lattice(model: string, text: string, pins: readonly Pin[]): Promise<Lattice> {
    const tag = await tagger(model);
    const fixed = pins.map(({ start, end, label }) => ({ start, end, labels: [label] }));
    // Without the scheme, a reading would come up once more for each entity that may as well begin with I.
    const posterior = await tag(text, { return_posterior: true, constraints: { scheme: true, fixed } });
    const { labels } = tag.model.metadata;
    return {
      tokens: posterior.tokens,
      labels,
      marginals: posterior.marginals,
      readings: posterior.readings(READINGS).map((reading) => ({
        score: reading.score,
        path: reading.labels.map((label) => labels.indexOf(label)),
        entities: reading.entities as Entity[],
      })),
    };
  },

  async attention(model: string, text: string): Promise<Attention> {
    const extract = await extractor(model);
    const { attentions } = await extract(text, { output_attentions: true });
    return {
      tokens: ["[CLS]", ...text, "[SEP]"],
      heads: attentions![0]!.dims[1]!,
      layers: attentions!.map(({ data }) => data),
    };
  },

  async detect(text: string): Promise<Detected> {
    const model = "electra-tiny-zh-discriminator";
    const detect = await once("detection", model, () =>
      pipeline("replaced-token-detection", sourceOf(model)),
    );
    const begun = performance.now();
    const characters = await detect(text);
    return { characters, milliseconds: performance.now() - begun };
  },

  /**
   * Replaces a character as in ELECTRA's pre-training: the generator proposes what may stand in its place.
   *
   * @param at the character's number
   * @param chance from 0 to 1, which proposal is taken
   */
  async replace(text: string, at: number, chance: number): Promise<string> {
    const model = "electra-tiny-zh-generator";
    const fill = await once("filling", model, () => pipeline("fill-mask", sourceOf(model)));
    const characters = [...text];
    const original = characters[at];
    const masked = characters.with(at, "[MASK]").join("");
    const proposals = (await fill(masked, { top_k: 20 })).filter(
      ({ token_str }) => token_str !== original && /^\p{Script=Han}$/u.test(token_str),
    );
    const total = proposals.reduce((sum, { score }) => sum + score, 0);
    let sum = 0;
    const taken = proposals.find(({ score }) => {
      sum += score;
      return sum >= chance * total;
    });
    return characters.with(at, taken?.token_str ?? original!).join("");
  },
};

export type InferenceHandlers = typeof handlers;
serveCalls(handlers);
