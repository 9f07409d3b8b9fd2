import type { SeedCurves } from "./curves.ts";
import type { Judgement } from "./judgement.ts";

/** What one seed came to. */
export interface SeedOutcome {
  readonly seed: number;
  /** F1 by entity, or accuracy, on the dev texts, in the best epoch. */
  readonly score: number;
  /** From 1. */
  readonly bestEpoch: number;
  readonly epochs: number;
  readonly seconds: number;
}

/** A heading and what is known under it, name by name. */
export interface Facts {
  readonly title: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
}

/** All that the page of a run shows. */
export interface Report {
  readonly name: string;
  /** A sentence: what was trained on what. */
  readonly summary: string;
  /** Whether each text carries entities, or one label. */
  readonly task: "entities" | "classes";
  readonly curves: readonly SeedCurves[];
  /** The seeds that have come to their end. */
  readonly outcomes: readonly SeedOutcome[];
  /** Of the model file; undefined while there is none yet. */
  readonly judged:
    | { readonly model: string; readonly dev: string; readonly judgement: Judgement }
    | undefined;
  /** Whether the page may show the dev set's texts. */
  readonly text: boolean;
  /** The types of entities or the labels of texts, in the order of their colours. */
  readonly types: readonly string[];
  readonly facts: readonly Facts[];
  /** Runs it again. */
  readonly command: string;
  /** Of the program. */
  readonly version: string;
}

/** The words of a task. */
export interface Wording {
  readonly metric: "F1" | "accuracy";
  /** What a model finds, one and several. */
  readonly one: string;
  readonly many: string;
  readonly type: string;
}

export const wordingOf = (task: Report["task"]): Wording =>
  task === "entities"
    ? { metric: "F1", one: "entity", many: "entities", type: "type" }
    : { metric: "accuracy", one: "text", many: "texts", type: "label" };
