import { meanDeviation } from "../metrics/mean-deviation.ts";
import { calibrationSection } from "./calibration-section.ts";
import { errorsSection } from "./errors-section.ts";
import { htmlHead } from "./html.ts";
import { formatCount, formatSeconds } from "./numbers.ts";
import { type Report, wordingOf } from "./report.ts";
import { confusionSection, typeTable } from "./scores-section.ts";
import { settingsSection } from "./settings-section.ts";
import { REPORT_STYLE } from "./style.ts";
import { safe } from "./table.ts";
import { trainingSection } from "./training-section.ts";

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

/** The whole report as one page of HTML, which needs nothing else: no script, no file, no server. */
export function renderReport(report: Report): string {
  const sections = sectionsOf(report);
  const links = sections.map(({ id, title }) => `<li><a href="#${id}">${title}</a></li>`);
  const bodies = sections.map(
    ({ id, title, body }) => `<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${title}</h2>
${body}
</section>`,
  );
  return `${htmlHead(`${report.name}: fine-tuning report`, REPORT_STYLE)}<header>
<p class="kind">fine-tuning report</p>
<h1>${safe(report.name)}</h1>
<p class="summary">${safe(report.summary)}</p>
${tiles(report)}
<nav aria-label="Sections"><ul>${links.join("")}</ul></nav>
</header>
<main>
${bodies.join("\n")}
</main>
<footer>electra-edge ${safe(report.version)}</footer>
</body>
</html>
`;
}

function sectionsOf(report: Report): Section[] {
  const training = { id: "training", title: "Training", body: trainingSection(report) };
  const settings = { id: "settings", title: "Settings and data", body: settingsSection(report) };
  if (report.judged === undefined) {
    const body = `<p class="note">The run has not come to its end: scores by type, confusion, calibration and errors come with its model file.</p>`;
    return [{ ...training, body: training.body + body }, settings];
  }
  const { judgement, model, dev } = report.judged;
  const judged = `<p class="note">${safe(model)} on ${formatCount(judgement.texts)} texts of ${safe(dev)}.</p>`;
  return [
    { id: "scores", title: "Scores", body: judged + typeTable(judgement, report) },
    training,
    { id: "confusion", title: "Confusion", body: confusionSection(judgement, report) },
    { id: "calibration", title: "Calibration", body: calibrationSection(judgement, report) },
    { id: "errors", title: "Worst errors", body: errorsSection(judgement, report) },
    settings,
  ];
}

/** The figures that one looks for first. */
function tiles({ judged, outcomes, task }: Report): string {
  const { metric } = wordingOf(task);
  const all: [name: string, value: string, note: string][] = [];
  if (judged !== undefined) {
    const { scores, calibration } = judged.judgement;
    all.push([
      metric,
      scores.f1.toFixed(4),
      task === "classes"
        ? "the share of texts that is right"
        : `precision ${scores.precision.toFixed(4)}, recall ${scores.recall.toFixed(4)}`,
    ]);
    all.push([
      "calibration error",
      calibration.error.toFixed(4),
      `says ${calibration.confidence.toFixed(4)}, is right ${calibration.accuracy.toFixed(4)}`,
    ]);
  }
  if (outcomes.length > 1) {
    const { mean, deviation } = meanDeviation(outcomes.map(({ score }) => score));
    const note = `mean dev ${metric} of ${outcomes.length} seeds, ± ${deviation.toFixed(4)}`;
    all.push(["over seeds", mean.toFixed(4), note]);
  }
  if (outcomes.length > 0) {
    const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0);
    const note = outcomes.length === 1 ? "one seed" : `${outcomes.length} seeds together`;
    all.push(["training time", formatSeconds(seconds), note]);
  }
  const items = all.map(
    ([name, value, note]) =>
      `<div><dt>${safe(name)}</dt><dd class="value">${safe(value)}</dd><dd class="quiet">${safe(note)}</dd></div>`,
  );
  return items.length === 0 ? "" : `<dl class="tiles">${items.join("")}</dl>`;
}
