import { ask } from "./ask.ts";
import { localize } from "./localize.ts";
import type { ModelDescription } from "./messages.ts";
import { openModel } from "./model.ts";
import { forgetOwnModel, keepOwnModel } from "./own-model.ts";
import { say, typeName } from "./words.ts";

const find = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const [input, status, bundled] = [
  find<HTMLInputElement>("file"),
  find("status"),
  find<HTMLButtonElement>("bundled"),
];

function show({ file, types, threads, memoryBytes }: ModelDescription): void {
  find("model").textContent = file ?? say("bundledModel");
  find("types").textContent = types.map(typeName).join(say("comma"));
  find("threads").textContent = String(threads);
  find("memory").textContent = `${(memoryBytes / 2 ** 20).toFixed(1)} MB`;
  bundled.disabled = file === undefined;
}

/** Says how it went; whatever fails leaves the model that there was. */
async function change(work: () => Promise<void>): Promise<void> {
  status.textContent = say("loading");
  try {
    await work();
    show(await ask({ ask: "reload" }));
    status.textContent = say("modelReady");
  } catch (error) {
    status.textContent = say("failed", (error as Error).message);
  }
}

async function take(file: File): Promise<void> {
  const { tag } = await openModel(file); // a file that is no model is refused before it is kept
  tag.dispose();
  await keepOwnModel(file);
}

input.addEventListener("change", () => {
  const file = input.files?.[0];
  if (file !== undefined) change(() => take(file));
});
bundled.addEventListener("click", () => change(forgetOwnModel));

localize();
try {
  show(await ask({ ask: "model" }));
} catch (error) {
  status.textContent = say("failed", (error as Error).message);
  bundled.disabled = false; // which mends it
}
