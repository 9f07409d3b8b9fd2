import type { EntitySpan } from "../metrics/entity-scores.ts";
import type { Judged, Judgement, WrongText } from "./judgement.ts";
import { colorAttributes, languageOf, type Mark, markText } from "./marked-text.ts";
import { formatCount, formatNumberOf } from "./numbers.ts";
import { printable } from "./printable.ts";
import type { Report } from "./report.ts";
import { typeBadge } from "./scores-section.ts";
import { htmlTable, safe } from "./table.ts";

const SHOWN = 40;
const UNFOLDED = 8;

/** The texts in which most is wrong, expected entities beside found ones. */
export function errorsSection({ wrong, texts }: Judgement, report: Report): string {
  if (wrong.length === 0) return `<p>Nothing is wrong in ${formatNumberOf(texts, "text")}.</p>`;
  const shown = wrong.slice(0, SHOWN);
  const count = shown.length < wrong.length ? ` These are the worst ${shown.length},` : " They stand here,";
  const order =
    report.task === "entities"
      ? "those of most errors first, and among equals those where the model was surest"
      : "those first where the model was surest";
  const marks =
    report.task === "entities" && report.text
      ? " ! stands where an entity was expected and not so found, ✗ where one was found and is not so."
      : "";
  const intro = `<p>${report.task === "entities" ? "Something is wrong in" : "The label is wrong in"} ${formatCount(wrong.length)} of ${formatCount(texts)} texts.${count} ${order}.${marks}</p>`;
  if (!report.text) return intro + withoutTexts(shown, report);
  const render = report.task === "entities" ? entityErrors : classError;
  const articles = shown.map((text) => render(text, report));
  const rest = articles.slice(UNFOLDED);
  const folded =
    rest.length === 0 ? "" : `<details><summary>${rest.length} more</summary>\n${rest.join("\n")}</details>`;
  return `${intro}\n${articles.slice(0, UNFOLDED).join("\n")}\n${folded}`;
}

function entityErrors({ text, line, pairings, errors }: WrongText, { types }: Report): string {
  const marks = (side: "expected" | "found"): Mark[] =>
    pairings
      .flatMap(({ outcome, [side]: entity }) => (entity === undefined ? [] : [{ outcome, entity }]))
      .sort((a, b) => a.entity.start - b.entity.start)
      .map(({ outcome, entity: { type, start, end } }) => ({
        start,
        end,
        label: outcome === "right" ? type : `${side === "found" ? "✗ " : "! "}${type}`,
        attributes: colorAttributes(types.indexOf(type), outcome === "right" ? "fine" : "wrong"),
      }));
  const side = (name: "expected" | "found") =>
    `<div><h4>${name}</h4><p class="text"${languageOf(text)}>${markText(text, marks(name))}</p></div>`;
  return `<article>
<h3>line ${line} <span class="quiet">· ${errors.length === 1 ? "1 error" : `${errors.length} errors`}</span></h3>
<div class="beside">${side("expected")}${side("found")}</div>
<ul class="what">${errors.map((error) => `<li>${describe(error, types)}</li>`).join("")}</ul>
</article>`;

  function describe(error: Judged, types: readonly string[]): string {
    const quote = ({ start, end }: EntitySpan) =>
      `<q${languageOf(text)}>${safe(printable(text.slice(start, end)))}</q>`;
    return sentence(error, types, quote);
  }
}

/** What went wrong, in words. */
function sentence(
  { outcome, expected, found }: Judged,
  types: readonly string[],
  quote: (entity: EntitySpan) => string,
): string {
  const name = (entity: EntitySpan) => typeBadge(entity.type, types);
  const probability =
    found === undefined ? "" : ` <span class="quiet">${found.probability.toFixed(3)}</span>`;
  if (outcome === "missed") return `missed ${name(expected!)} ${quote(expected!)}`;
  if (outcome === "spurious") return `spurious ${name(found!)} ${quote(found!)}${probability}`;
  if (outcome === "boundary") {
    return `boundary of ${name(expected!)}: ${quote(found!)}${probability} in place of ${quote(expected!)}`;
  }
  return `type: ${name(found!)} ${quote(found!)}${probability} in place of ${name(expected!)} ${quote(expected!)}`;
}

function classError({ text, line, errors }: WrongText, { types }: Report): string {
  const { expected, found } = errors[0]!;
  return `<article>
<h3>line ${line} <span class="quiet">· expected</span> ${typeBadge(expected!.type, types)} <span class="quiet">found</span> ${typeBadge(found!.type, types)} <span class="quiet">${found!.probability.toFixed(3)}</span></h3>
<p class="text"${languageOf(text)}>${markText(text, [])}</p>
</article>`;
}

function withoutTexts(shown: readonly WrongText[], { types, task }: Report): string {
  const quote = ({ start, end }: EntitySpan) =>
    task === "classes" ? "" : `<span class="quiet">${start}–${end}</span>`;
  return htmlTable({
    caption: "Errors by line, without the texts",
    head: ["line", "errors"],
    rows: shown.map(({ line, errors }) => [
      String(line),
      { html: errors.map((error) => sentence(error, types, quote)).join("<br>") },
    ]),
    words: 2,
  });
}
