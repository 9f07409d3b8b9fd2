const IMPORT_SECTION = 2;
const HEADER_BYTES = 8;
const UNSHARED = 0x00; // a memory without maximum
const SHARED_WITH_MAXIMUM = 0x03;
const MAXIMUM = [0x80, 0x80, 0x04]; // 65,536 pages, LEB128

/**
 * The same kernels for a shared memory. They use no atomics, since threads meet in JavaScript, so that the declaration of
 * the imported memory is all that differs; a second binary need not travel for it.
 *
 * @param binary whose only import is a memory without maximum, last in its section, as asc writes it
 */
export function withSharedMemory(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  let at = HEADER_BYTES;
  while (binary[at] !== IMPORT_SECTION) {
    const [size, content] = readLeb(binary, at + 1);
    at = content + size;
  }
  const [size, content] = readLeb(binary, at + 1);
  const end = content + size;
  const limits = end - 2; // flags, then the minimum, one byte each
  if (binary[limits] !== UNSHARED) throw new Error("the kernels' memory import is not the one expected");
  const section = [...binary.subarray(content, limits), SHARED_WITH_MAXIMUM, binary[limits + 1]!, ...MAXIMUM];
  return Uint8Array.from([
    ...binary.subarray(0, at + 1),
    ...writeLeb(section.length),
    ...section,
    ...binary.subarray(end),
  ]);
}

function readLeb(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
}

function writeLeb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...writeLeb(value >>> 7)];
}
