import { escapeHtml } from "../../../src/report/html.ts";
import type { Remote } from "./calls.ts";
import { onNewest } from "./calls.ts";
import { byId, whenInSight } from "./elements.ts";
import type { Detected, InferenceHandlers } from "./inference-worker.ts";
import { formatNumber, formatPercent, language, text } from "./language.ts";
import { bindField, Shared } from "./shared.ts";

/** Made up, each with one character that does not belong there. */
const EXAMPLES = [
  "北京市是中华人民共和国的首却，也是全国的政治中心。",
  "该车站位于东京都，是东日本铁路的铁路车戏。",
  "这条铁路全长约三百公里，于二零零八年通车运营狗。",
];
const MOST_SUSPICIOUS = 3;

/** What ELECTRA's discriminator makes of each character; and the generator, which tries to fool it. */
export function startReplaced(worker: Remote<InferenceHandlers>): void {
  const field = byId<HTMLTextAreaElement>("replaced-text");
  const shaded = byId("replaced");
  const threshold = byId<HTMLInputElement>("threshold");
  const status = byId("replaced-status");
  const sentence = new Shared(EXAMPLES[0]!);
  let detected: { readonly input: string; readonly result: Detected } | undefined;
  /** The character that the generator has replaced, and what stood there. */
  let trick: { readonly input: string; readonly at: number; readonly original: string } | undefined;
  bindField(field, sentence);

  const show = () => {
    byId("threshold-value").textContent = formatPercent(Number(threshold.value));
    if (detected === undefined) return;
    const { input, result } = detected;
    shaded.innerHTML = shade(input, result, Number(threshold.value), trick?.input === input ? trick.at : -1);
    byId("replaced-time").textContent = `${formatNumber(result.milliseconds)} ms`;
    byId("suspects").innerHTML = suspects(input, result);
    byId("trick").textContent = trick?.input === input ? verdict(input, trick, result) : "";
  };
  const detect = onNewest(async (input: string) => {
    if (!sight.isInSight()) return;
    try {
      detected = { input, result: await worker.detect(input) };
      status.textContent = "";
      show();
    } catch (error) {
      status.textContent = text("failed", { what: (error as Error).message });
    }
  });
  const refresh = () => detect(sentence.value);
  const sight = whenInSight(byId("section-replaced"), refresh);
  sentence.onChange(refresh);
  threshold.addEventListener("input", show);
  language.onChange(show);

  const verdict = (
    input: string,
    { at, original }: { at: number; original: string },
    { characters }: Detected,
  ): string => {
    const replacement = [...input][at]!;
    const score = characters.find(({ start }) => start === offsetOf(input, at))?.score ?? 0;
    const found = score >= Number(threshold.value);
    return text(found ? "trickFound" : "trickMissed", { original, replacement, score: formatPercent(score) });
  };

  byId("replace").addEventListener("click", async () => {
    const characters = [...sentence.value];
    const places = [...characters.keys()].filter((i) => /^\p{Script=Han}$/u.test(characters[i]!));
    if (places.length === 0) return;
    const at = places[Math.floor(Math.random() * places.length)]!;
    try {
      const input = await worker.replace(sentence.value, at, Math.random());
      trick = { input, at, original: characters[at]! };
      field.value = input;
      sentence.value = input;
    } catch (error) {
      status.textContent = text("failed", { what: (error as Error).message });
    }
  });
  let example = 0;
  byId("next-sentence").addEventListener("click", () => {
    example = (example + 1) % EXAMPLES.length;
    field.value = EXAMPLES[example]!;
    sentence.value = field.value;
  });
}

/** UTF-16 offset of a text's nth character. */
const offsetOf = (input: string, at: number): number => [...input].slice(0, at).join("").length;

function shade(input: string, { characters }: Detected, threshold: number, tricked: number): string {
  const place = tricked === -1 ? -1 : offsetOf(input, tricked);
  let end = 0;
  const pieces = characters.map((character) => {
    const between = escapeHtml(input.slice(end, character.start));
    end = character.end;
    const word = escapeHtml(input.slice(character.start, end));
    const classes = [
      "shaded",
      character.score >= threshold ? "suspicious" : "",
      character.start === place ? "tricked" : "",
    ].join(" ");
    return `${between}<span class="${classes}" style="--score: ${character.score.toFixed(3)}" title="${formatPercent(character.score)}">${word}</span>`;
  });
  return pieces.join("") + escapeHtml(input.slice(end));
}

const suspects = (input: string, { characters }: Detected): string =>
  [...characters]
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST_SUSPICIOUS)
    .map(
      ({ start, end, score }) =>
        `<li><span class="word" lang="zh">${escapeHtml(input.slice(start, end))}</span><span class="share warm" style="--share: ${(100 * score).toFixed(1)}%">${formatPercent(score)}</span></li>`,
    )
    .join("");
