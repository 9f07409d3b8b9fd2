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
