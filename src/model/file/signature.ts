const SIGNATURES: readonly (readonly [bytes: string, kind: string])[] = [
  ["PK", "a zip archive, such as torch.save writes"],
  ["\x80\x02", "a Python pickle, such as torch.save writes"],
  ["version ", "a git-lfs pointer: fetch the file itself with `git lfs pull`"],
  ["\x1f\x8b", "a gzip archive"],
  ["\x28\xb5\x2f\xfd", "a zstd archive"],
  ["GGUF", "a GGUF file"],
  ["\x89HDF", "an HDF5 file"],
  ["\x89PNG", "a PNG image"],
  ["<", "an HTML or XML page, such as a server sends in place of a file"],
  ["{", "a JSON file"],
];

/** What a file that is not what it should be looks like by its first bytes; undefined where they say nothing. */
export function guessFormat(prefix: Uint8Array): string | undefined {
  const text = String.fromCharCode(...prefix.subarray(0, 8)).trimStart();
  return SIGNATURES.find(([bytes]) => text.startsWith(bytes))?.[1];
}
