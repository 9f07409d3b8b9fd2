import { say } from "./words.ts";

/** Fills in the words of a page in the browser's language. */
export function localize(): void {
  document.documentElement.lang = say("language");
  document.title = say("name");
  for (const element of document.querySelectorAll<HTMLElement>("[data-message]")) {
    element.textContent = say(element.dataset["message"]!);
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) {
    element.ariaLabel = say(element.dataset["label"]!);
  }
}
