/** A value that several parts of the page show, and any of them may change. */
export class Shared<T> {
  #value: T;
  readonly #listeners: ((value: T) => void)[] = [];

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    if (value === this.#value) return;
    this.#value = value;
    for (const listener of this.#listeners) listener(value);
  }

  onChange(listener: (value: T) => void): void {
    this.#listeners.push(listener);
  }
}

/** Keeps a text field and a shared text the same. Half characters, which models refuse, become U+FFFD. */
export function bindField(field: HTMLInputElement | HTMLTextAreaElement, text: Shared<string>): void {
  field.value = text.value;
  field.addEventListener("input", () => {
    text.value = field.value.replace(/\p{Surrogate}/gu, "\u{FFFD}");
  });
  text.onChange((value) => {
    // Not while it is being typed into: that would move the caret.
    if (document.activeElement !== field && field.value !== value) field.value = value;
  });
}
