export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** Where the `count` largest scores lie, the largest first; of equal ones the earlier. */
export function largest(scores: ArrayLike<number>, count: number): number[] {
  const places: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (places.length === count && !(scores[i]! > scores[places.at(-1)!]!)) continue;
    let at = places.length;
    while (at > 0 && scores[i]! > scores[places[at - 1]!]!) at--;
    places.splice(at, 0, i);
    places.length = Math.min(places.length, count);
  }
  return places;
}
