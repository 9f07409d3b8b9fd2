import { localize } from "./localize.ts";
import type { Order, Progress } from "./messages.ts";
import { readSettings, writeSettings } from "./settings.ts";
import { order } from "./tab.ts";
import { say, typeName } from "./words.ts";

const find = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const [status, bar] = [find("status"), find<HTMLProgressElement>("progress")];
const [types, list, model] = [find("types"), find("entities"), find("model")];

/** Of the tab that the popup was opened over. */
let tab = -1;
let hidden: readonly string[] = [];
let progress: Progress | undefined;
let watching = false;

async function give(what: Order): Promise<void> {
  try {
    await order(tab, what);
    watch();
  } catch {
    status.textContent = say("noAccess");
  }
}

/** Hears of the page's marks, if there is a content script to tell of them. */
function watch(): void {
  if (watching) return;
  watching = true;
  const port = chrome.tabs.connect(tab);
  port.onMessage.addListener((message: Progress) => {
    progress = message;
    render();
  });
  port.onDisconnect.addListener(() => {
    void chrome.runtime.lastError; // nobody is there yet, which is no error
    watching = false;
  });
}

function render(): void {
  if (progress === undefined) return;
  const { phase, notice, done, total } = progress;
  bar.hidden = phase !== "running";
  bar.max = Math.max(total, 1);
  bar.value = done;
  document.body.ariaBusy = String(phase === "running");
  if (notice !== "" && status.textContent !== notice) status.textContent = notice;
  if (phase === "running") return;
  find("clear").hidden = phase === "idle";
  renderTypes(progress);
  renderEntities(progress);
  if (progress.model !== undefined) model.textContent = progress.model.file ?? say("bundledModel");
}

function renderTypes({ model, entities }: Progress): void {
  const items = (entities.length === 0 ? [] : model!.types).map((type, index) => {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = !hidden.includes(type);
    box.addEventListener("change", () => toggle(type, box.checked));
    const count = document.createElement("span");
    count.className = "count";
    count.textContent = String(entities.filter((entity) => entity.type === type).length);
    const label = document.createElement("label");
    label.className = `chip color-${index % 8}`;
    label.append(box, typeName(type), count);
    const item = document.createElement("li");
    item.append(label);
    return item;
  });
  // Left in place where nothing has changed, and so is the focus.
  if (
    items.map((item) => item.textContent).join() !==
    Array.from(types.children, (item) => item.textContent).join()
  ) {
    types.replaceChildren(...items);
  }
}

function renderEntities({ model, entities }: Progress): void {
  const items = entities.flatMap(({ type, word }, i) => {
    if (hidden.includes(type)) return [];
    const button = document.createElement("button");
    button.type = "button";
    button.className = `entity color-${model!.types.indexOf(type) % 8}`;
    const name = document.createElement("span");
    name.className = "type";
    name.textContent = typeName(type);
    const text = document.createElement("span");
    text.className = "word";
    text.textContent = word;
    button.append(text, name);
    button.addEventListener("click", () => give({ reveal: i }));
    const item = document.createElement("li");
    item.append(button);
    return [item];
  });
  list.replaceChildren(...items);
}

async function toggle(type: string, shown: boolean): Promise<void> {
  hidden = shown ? hidden.filter((other) => other !== type) : [...hidden, type];
  await writeSettings({ hidden });
  if (progress !== undefined) renderEntities(progress);
}

for (const id of ["mark", "redact", "clear"] as const) find(id).addEventListener("click", () => give(id));
find("options").addEventListener("click", () => chrome.runtime.openOptionsPage());

localize();
hidden = (await readSettings()).hidden;
tab = (await chrome.tabs.query({ active: true, currentWindow: true }))[0]?.id ?? -1;
for (const { name, shortcut } of await chrome.commands.getAll()) {
  const key = document.querySelector(`[data-command="${name}"]`);
  if (key !== null && shortcut) key.textContent = shortcut;
}
watch();
