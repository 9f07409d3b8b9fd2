import { Shared } from "./shared.ts";
import { TEXTS, type TextKey } from "./texts.ts";

export type Language = keyof typeof TEXTS;

const TAGS: Readonly<Record<Language, string>> = { en: "en", zh: "zh-CN" };
const STORED = "electra-edge-language";

const preferred = (): Language => {
  const stored = localStorage.getItem(STORED);
  if (stored === "en" || stored === "zh") return stored;
  return navigator.language.startsWith("zh") ? "zh" : "en";
};

/** The page's language. */
export const language = new Shared<Language>(preferred());

/** A text of the dictionary, with `{name}` replaced by what is given. */
export function text(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return TEXTS[language.value][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

export const hasText = (key: string): key is TextKey => Object.hasOwn(TEXTS.en, key);

/** As the language writes it; by default at most three digits. */
export const formatNumber = (
  value: number,
  options: Intl.NumberFormatOptions = { maximumSignificantDigits: 3 },
): string => new Intl.NumberFormat(TAGS[language.value], options).format(value);

/** To a tenth of a percent, and small ones to two digits. */
export const formatPercent = (value: number): string =>
  formatNumber(value, {
    style: "percent",
    ...(value < 0.005 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 1 }),
  });

/** Writes every element's text: `data-text` names what it says, `data-label` its accessible name. */
function translatePage(): void {
  document.documentElement.lang = TAGS[language.value];
  document.title = text("title");
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]")) {
    element.textContent = text(element.dataset["text"] as TextKey);
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset["label"] as TextKey));
  }
}

/** @param button that changes to the other language */
export function startLanguage(button: HTMLButtonElement): void {
  button.addEventListener("click", () => {
    language.value = language.value === "en" ? "zh" : "en";
    localStorage.setItem(STORED, language.value);
  });
  language.onChange(translatePage);
  translatePage();
}
