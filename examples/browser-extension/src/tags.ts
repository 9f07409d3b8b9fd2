// What the extension adds to the page: two elements that marks.css styles, no inline style, which a strict policy would refuse.

export class Tags {
  readonly #label = element("electra-edge-label");
  readonly #status = element("electra-edge-status");
  #fading = 0;

  constructor() {
    this.#label.ariaHidden = "true"; // the status says the same
    this.#status.role = "status";
    this.#status.ariaLive = "polite";
  }

  /** Shows a label right above a part of the page. */
  label(text: string, { left, top, bottom }: DOMRect): void {
    this.#label.textContent = text;
    this.#label.dataset["shown"] = "";
    const { offsetHeight, offsetWidth } = this.#label;
    const above = top - offsetHeight - 4;
    // Set by property, which no policy forbids.
    this.#label.style.top = `${above < 0 ? bottom + 4 : above}px`;
    const rightmost = document.documentElement.clientWidth - offsetWidth - 4;
    this.#label.style.left = `${Math.max(4, Math.min(left, rightmost))}px`;
  }

  unlabel(): void {
    delete this.#label.dataset["shown"];
  }

  /** Says something to those who see and those who listen. */
  say(text: string): void {
    this.#status.textContent = text;
    this.#status.dataset["shown"] = "";
    clearTimeout(this.#fading);
    this.#fading = window.setTimeout(() => delete this.#status.dataset["shown"], 4000);
  }
}

function element(name: string): HTMLElement {
  const added = document.createElement(name);
  document.documentElement.append(added);
  return added;
}
