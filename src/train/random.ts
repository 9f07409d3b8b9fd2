/** A mixer of 32 bits (Wellons 2018, "lowbias32"). */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

function hash(seed: number, site: number, index: number): number {
  return mix(mix(mix((seed + 0x9e3779b9) >>> 0) ^ site) ^ index);
}

/**
 * A uniform number from 0 to below 1, in steps of 2⁻²⁴, that depends on nothing but its three 32-bit arguments: any
 * device, thread or later run draws the same. The kernels' dropout (`assembly/train/random.ts`) is this very function.
 */
export function uniform(seed: number, site: number, index: number): number {
  return (hash(seed, site, index) >>> 8) / 2 ** 24;
}

/**
 * Noise of the Gumbel distribution: −log(−log u), u from the middles of 2²³ equal parts between 0 and 1, so that it meets
 * neither end. The largest of some logits with such noise is each of them as often as their softmax says.
 */
export function gumbel(seed: number, site: number, index: number): number {
  return -Math.log(-Math.log(((hash(seed, site, index) >>> 9) + 0.5) / 2 ** 23));
}

/** A number of the normal distribution of mean 0 and deviation 1 (Box & Muller 1958). */
export function normal(seed: number, site: number, index: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(seed, site, 2 * index)));
  return radius * Math.cos(2 * Math.PI * uniform(seed, site, 2 * index + 1));
}
