// The user's model file, in the extension's own file system: the options page writes it, the offscreen document reads it.

const folder = async () =>
  (await navigator.storage.getDirectory()).getDirectoryHandle("own-model", { create: true });

/** The file under the name that it had, or none. */
export async function ownModel(): Promise<File | undefined> {
  for await (const handle of (await folder()).values()) {
    if (handle.kind === "file") return handle.getFile();
  }
  return undefined;
}

/** Takes the place of the one before it. It is there once it is whole. */
export async function keepOwnModel(file: File): Promise<void> {
  await forgetOwnModel();
  const handle = await (await folder()).getFileHandle(file.name, { create: true });
  await file.stream().pipeTo(await handle.createWritable());
}

export async function forgetOwnModel(): Promise<void> {
  const from = await folder();
  for await (const name of from.keys()) await from.removeEntry(name);
}
