const STORED = "electra-edge-theme";

type Theme = "light" | "dark";

const system = matchMedia("(prefers-color-scheme: dark)");

const current = (): Theme => {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "light" || chosen === "dark") return chosen;
  return system.matches ? "dark" : "light";
};

/**
 * @param button that changes to the other theme; until then the system's holds
 * @param onChange called when colours that scripts have drawn are out of date
 */
export function startTheme(button: HTMLButtonElement, onChange: () => void): void {
  const show = () => {
    button.setAttribute("aria-pressed", String(current() === "dark"));
    onChange();
  };
  const stored = localStorage.getItem(STORED);
  if (stored === "light" || stored === "dark") document.documentElement.dataset["theme"] = stored;
  button.addEventListener("click", () => {
    const theme = current() === "dark" ? "light" : "dark";
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem(STORED, theme);
    show();
  });
  system.addEventListener("change", show);
  show();
}
