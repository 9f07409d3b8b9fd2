import { escapeHtml } from "../../../src/report/html.ts";
import { onNewest } from "./calls.ts";
import { byId, whenInSight } from "./elements.ts";
import { colorOf, typeName, typeOf } from "./entity-look.ts";
import type { Lattice, LatticeReading, Pin } from "./inference-worker.ts";
import { formatPercent, language, text } from "./language.ts";
import { cellAt, drawLattice, HEAD, ROW } from "./lattice-drawing.ts";
import { AMBIGUOUS, bindModelList, type Tagging } from "./models.ts";
import { bindField } from "./shared.ts";

/** What is drawn of a text at most, in characters. */
const LONGEST = 80;

/** The CRF's lattice: what every label of every character would cost, and the likeliest ways through. */
export function startLattice(tagging: Tagging): void {
  const { model, worker, ownVersion } = tagging;
  const drawing = byId("lattice");
  const labelColumn = byId("lattice-labels");
  const readings = byId("readings");
  const status = byId("lattice-status");
  const [tokenList, labelList] = [byId<HTMLSelectElement>("pin-token"), byId<HTMLSelectElement>("pin-label")];
  bindField(byId<HTMLInputElement>("lattice-text"), tagging.text);
  bindModelList(byId("lattice-model"), tagging);

  let lattice: Lattice | undefined;
  let chosen = 0;
  const pins = new Map<number, Pin>();

  const show = () => {
    if (lattice === undefined) return;
    const best = lattice.readings[0]!;
    const description = text("latticeDescription", {
      tokens: lattice.tokens.length,
      labels: lattice.labels.length,
      probability: formatPercent(best.score),
    });
    drawing.innerHTML = drawLattice({ lattice, chosen, pins, description });
    labelColumn.innerHTML = `<div style="height: ${HEAD}px"></div>${lattice.labels.map(labelCell).join("")}`;
    readings.replaceChildren(...lattice.readings.map((reading, i) => readingItem(reading, i)));
    fillLists(lattice);
    byId("unpin").hidden = pins.size === 0;
  };

  const readingItem = (reading: LatticeReading, i: number): HTMLLIElement => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "reading-button";
    button.setAttribute("aria-pressed", String(i === chosen));
    button.innerHTML = `<span class="share" style="--share: ${(100 * reading.score).toFixed(1)}%">${formatPercent(reading.score)}</span><span class="chips">${entitiesOf(reading)}</span>`;
    button.addEventListener("click", () => {
      chosen = i;
      show();
      readings.querySelectorAll("button")[i]?.focus();
    });
    item.append(button);
    return item;
  };

  const fillLists = ({ tokens, labels }: Lattice) => {
    const [token, label] = [tokenList.value, labelList.value];
    tokenList.replaceChildren(...tokens.map(({ word }, i) => new Option(`${i + 1} ${word}`, String(i))));
    labelList.replaceChildren(...labels.map((name) => new Option(name, name)));
    if (Number(token) < tokens.length && token !== "") tokenList.value = token;
    if (labels.includes(label)) labelList.value = label;
  };

  const compute = onNewest(async (input: string) => {
    if (!sight.isInSight()) return;
    try {
      const result = await worker.lattice(model.value, input, [...pins.values()]);
      chosen = 0;
      status.textContent = "";
      lattice = result.tokens.length === 0 ? undefined : result;
      if (lattice === undefined) drawing.replaceChildren();
      show();
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      status.textContent = code === "no-path" ? text("noPath") : text("failed", { what: message });
    }
  });
  const shown = () => [...tagging.text.value].slice(0, LONGEST).join("");
  const refresh = () => compute(shown());
  const sight = whenInSight(byId("section-lattice"), refresh);
  const startAnew = () => {
    pins.clear();
    refresh();
  };
  tagging.text.onChange(startAnew);
  model.onChange(startAnew);
  ownVersion.onChange(startAnew);
  language.onChange(show);

  const togglePin = (token: number, label: string) => {
    if (lattice === undefined) return;
    const { start, end } = lattice.tokens[token]!;
    if (pins.get(token)?.label === label) pins.delete(token);
    else pins.set(token, { start, end, label });
    refresh();
  };
  drawing.addEventListener("click", ({ clientX, clientY }) => {
    const box = drawing.querySelector("svg")?.getBoundingClientRect();
    const cell = box && lattice && cellAt(lattice, clientX - box.left, clientY - box.top);
    if (cell) togglePin(cell.token, lattice!.labels[cell.label]!);
  });
  byId("ambiguous").addEventListener("click", () => {
    tagging.text.value = AMBIGUOUS;
  });
  byId("pin").addEventListener("click", () => togglePin(Number(tokenList.value), labelList.value));
  byId("unpin").addEventListener("click", startAnew);
}

const labelCell = (label: string): string => {
  const type = typeOf(label);
  const look = type === "" ? 'class="type outside"' : colorOf(type, "type");
  return `<div class="lattice-label" style="height: ${ROW}px"><span ${look}>${escapeHtml(label)}</span></div>`;
};

const entitiesOf = ({ entities }: LatticeReading): string =>
  entities
    .map(
      ({ entity_group, word }) =>
        `<mark ${colorOf(entity_group)} title="${escapeHtml(typeName(entity_group))}" lang="zh">${escapeHtml(word)}</mark>`,
    )
    .join("") || `<span class="quiet">${text("noEntities")}</span>`;
