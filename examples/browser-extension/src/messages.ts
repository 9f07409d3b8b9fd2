// What the parts of the extension say to each other.

/** What the page is asked to do, by the popup, a shortcut or the context menu. */
export type Order = "mark" | "redact" | "clear" | "next" | { readonly reveal: number };

/** What the offscreen document is asked. */
export type Question =
  | { readonly ask: "find"; readonly texts: readonly string[] }
  | { readonly ask: "copy"; readonly text: string }
  | { readonly ask: "model" }
  | { readonly ask: "reload" };

export interface Answers {
  readonly find: { readonly model: ModelDescription; readonly entities: readonly (readonly Entity[])[] };
  readonly copy: true;
  readonly model: ModelDescription;
  readonly reload: ModelDescription;
}

export interface ModelDescription {
  /** The name of the user's own; the bundled one has none. */
  readonly file: string | undefined;
  /** In the order of its labels, so that each type keeps its colour. */
  readonly types: readonly string[];
  readonly threads: number;
  readonly memoryBytes: number;
}

export interface Entity {
  readonly type: string;
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

/** A question on its way: whoever asks, asks the service worker, which passes it on. */
export interface Envelope {
  readonly to: "service-worker" | "offscreen";
  readonly question: Question;
}

export type Reply<Answer> = { readonly answer: Answer } | { readonly error: string };

/** How marking stands in a page: what the popup shows. */
export interface Progress {
  readonly phase: "idle" | "running" | "done" | "failed";
  /** What was last said to the user. */
  readonly notice: string;
  /** Characters. */
  readonly done: number;
  readonly total: number;
  readonly model: ModelDescription | undefined;
  /** In the page's order; none while it is being marked. */
  readonly entities: readonly { readonly type: string; readonly word: string }[];
}
