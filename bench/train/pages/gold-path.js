/**
 * How often the labels of a batch do each thing that a CRF scores, so that their score is a sum of products.
 *
 * @returns emitted [batch, steps, labels], moved [labels, labels] from row to column, begun and ended [labels]
 */
export function countLabels(paths, labels) {
  const steps = paths[0].length;
  const emitted = new Float32Array(paths.length * steps * labels);
  const moved = new Float32Array(labels * labels);
  const [begun, ended] = [new Float32Array(labels), new Float32Array(labels)];
  paths.forEach((path, row) => {
    begun[path[0]]++;
    ended[path[steps - 1]]++;
    path.forEach((label, t) => {
      emitted[(row * steps + t) * labels + label]++;
      if (t > 0) moved[path[t - 1] * labels + label]++;
    });
  });
  return { emitted, moved, begun, ended };
}
