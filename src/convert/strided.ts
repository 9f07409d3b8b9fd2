/**
 * Copies a strided tensor's elements into row-major order.
 *
 * @param itemSize bytes of an element
 * @param elements how many there are, the product of `shape`
 * @param strides elements from one index of an axis to the next
 */
export function gather(
  source: Uint8Array,
  itemSize: number,
  elements: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array<ArrayBuffer> {
  const rows = new Uint8Array(elements * itemSize);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < rows.length; to += itemSize) {
    for (let byte = 0; byte < itemSize; byte++) rows[to + byte] = source[from * itemSize + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return rows;
}
