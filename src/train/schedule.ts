/** How fast which parameter learns. */
export interface Schedule {
  readonly learningRate: number;
  /** Of the CRF's own parameters, which no network stands behind. */
  readonly crfLearningRate: number;
  /** What each layer's rate is of that of the layer above it; 1 for the same everywhere (Clark et al. 2020, appendix B). */
  readonly layerDecay: number;
  /** The share of all steps in which the rate climbs from 0, before it falls to 0; both in a straight line. */
  readonly warmup: number;
}

/** What a schedule's rates are multiplied with at `step` of `steps`, counted from 1. */
export function rateFactor({ warmup }: Schedule, step: number, steps: number): number {
  const climbing = Math.max(1, Math.ceil(warmup * steps));
  if (step <= climbing) return step / climbing;
  return (steps - step + 1) / (steps - climbing + 1);
}

/**
 * What pre-training's rate is multiplied with at `step` of `steps`, counted from 1: a fall to 0 over all steps times a climb
 * from 0 over the first ones, as google-research/electra has it. The very first step is one of rate 0.
 */
export function pretrainingRateFactor(warmupSteps: number, step: number, steps: number): number {
  const done = step - 1;
  return (1 - done / steps) * Math.min(1, warmupSteps === 0 ? 1 : done / warmupSteps);
}

/** The rate at the schedule's height, by a parameter's Hugging Face name. */
export function peakRate(schedule: Schedule, name: string, layers: number): number {
  if (name.startsWith("crf.")) return schedule.crfLearningRate;
  return schedule.learningRate * schedule.layerDecay ** (layers + 1 - depthOf(name, layers));
}

/** 0 for the embeddings, then the layers from 1 on, then the head. */
function depthOf(name: string, layers: number): number {
  const layer = /^electra\.encoder\.layer\.(\d+)\./.exec(name);
  if (layer !== null) return 1 + Number(layer[1]);
  return name.startsWith("electra.embeddings") ? 0 : layers + 1;
}
