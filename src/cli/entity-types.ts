import type { Entity, TokenEntity } from "../index.node.ts";
import type { ModelFile } from "../model/file/model-file.ts";
import { type LabelScheme, parseLabel, parseScheme } from "../text/labels.ts";

/** What a pipeline finds under any aggregation strategy. */
export type Finding = Entity | TokenEntity;

/** What to call an entity: its type, or the whole label where labels are shown as they are. */
export function labelOf(entity: Finding): string {
  return "entity_group" in entity ? entity.entity_group : entity.entity;
}

/** The types that a model tells apart, in the order of its labels, so that each keeps one colour everywhere. */
export class EntityTypes {
  readonly names: readonly string[];
  readonly #scheme: LabelScheme;

  constructor(labels: readonly string[], scheme: LabelScheme) {
    const types = labels.map((label) => parseLabel(label, scheme)).filter(({ prefix }) => prefix !== "O");
    this.names = [...new Set(types.map(({ type }) => type))];
    this.#scheme = scheme;
  }

  static of(model: ModelFile): EntityTypes {
    const { labels, scheme } = model.metadata;
    return new EntityTypes(labels, parseScheme(scheme, model.name));
  }

  /** The place of an entity's type in {@link names}; -1 where O was asked for too. */
  indexOf(entity: Finding): number {
    const type =
      "entity_group" in entity ? entity.entity_group : parseLabel(entity.entity, this.#scheme).type;
    return this.names.indexOf(type);
  }
}
