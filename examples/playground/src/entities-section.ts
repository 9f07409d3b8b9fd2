import type { Entity } from "electra-edge";
import { escapeHtml } from "../../../src/report/html.ts";
import { languageOf, markText } from "../../../src/report/marked-text.ts";
import { onNewest } from "./calls.ts";
import { byId } from "./elements.ts";
import { colorOf, typeName } from "./entity-look.ts";
import { formatNumber, formatPercent, language, text } from "./language.ts";
import { bindModelList, EXAMPLES, OWN, type Tagging } from "./models.ts";
import { bindField } from "./shared.ts";

/** Entities as one types, with what they take. */
export function startEntities(tagging: Tagging): void {
  const { model, worker, ownVersion } = tagging;
  const field = byId<HTMLTextAreaElement>("text");
  const marked = byId("entities");
  const found = byId("found");
  const status = byId("entities-status");
  bindField(field, tagging.text);
  bindModelList(byId("model"), tagging);

  const tag = onNewest(async (input: string) => {
    try {
      const { entities, tokens, milliseconds, kernels } = await worker.tag(model.value, input);
      marked.innerHTML =
        input === "" ? `<span class="quiet">${text("nothingTyped")}</span>` : mark(input, entities);
      found.innerHTML = entities.map(foundEntity).join("");
      byId("time").textContent = `${formatNumber(milliseconds)} ms`;
      byId("time-per-token").textContent = `${formatNumber((1000 * milliseconds) / tokens)} µs`;
      byId("tokens").textContent = formatNumber(tokens);
      byId("kernels").textContent = kernels;
      status.textContent = "";
    } catch (error) {
      status.textContent = text("failed", { what: (error as Error).message });
    }
  });
  const refresh = () => tag(tagging.text.value);
  tagging.text.onChange(refresh);
  language.onChange(refresh);
  ownVersion.onChange(refresh);
  model.onChange(refresh);

  const examples = byId("examples");
  const showExamples = () => {
    const texts = EXAMPLES[model.value] ?? EXAMPLES["waybill-zh"]!;
    examples.replaceChildren(
      ...texts.map((example, i) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "chip";
        button.textContent = text("example", { number: i + 1 });
        button.addEventListener("click", () => {
          tagging.text.value = example;
          field.value = example;
        });
        return button;
      }),
    );
  };
  model.onChange((name) => {
    showExamples();
    const isExample = Object.values(EXAMPLES).flat().includes(tagging.text.value);
    if (isExample && name !== OWN) tagging.text.value = EXAMPLES[name]![0]!;
  });
  language.onChange(showExamples);
  showExamples();
  status.textContent = text("loading");
  refresh();
}

const mark = (input: string, entities: readonly Entity[]): string =>
  markText(
    input,
    entities.map(({ start, end, entity_group }) => ({
      start,
      end,
      label: typeName(entity_group),
      attributes: colorOf(entity_group),
    })),
  );

const foundEntity = ({ entity_group, word, score }: Entity): string => `<div>
<dt><span ${colorOf(entity_group, "type")}>${escapeHtml(typeName(entity_group))}</span></dt>
<dd><span class="word"${languageOf(word)}>${escapeHtml(word)}</span><span class="share" style="--share: ${(100 * score).toFixed(1)}%">${formatPercent(score)}</span></dd>
</div>`;
