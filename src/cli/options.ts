import { InvalidArgumentError, Option } from "commander";
import { POSITION_EMBEDDING_TYPES } from "../model/config.ts";

type Reader = (value: string) => number;

export const atLeast =
  (lowest: number): Reader =>
  (value) => {
    const number = Number(value);
    if (value.trim() !== "" && Number.isInteger(number) && number >= lowest) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${lowest} on.`);
  };

export const between =
  (lowest: number, highest: number): Reader =>
  (value) => {
    const number = Number(value);
    if (value.trim() !== "" && number >= lowest && number <= highest) return number;
    throw new InvalidArgumentError(`It must be a number from ${lowest} to ${highest}.`);
  };

export const listOf =
  (reader: Reader) =>
  (value: string): number[] =>
    value.split(",").map(reader);

/** An option that is read by `parse`, with what holds where it isn't given. */
export const option = <T>(flags: string, description: string, parse: (value: string) => T, preset: T) =>
  new Option(flags, description).argParser(parse).default(preset);

export const tokenizerOption = () =>
  new Option("--tokenizer <name>", "what a token is")
    .choices(["characters", "wordpiece"])
    .default("characters");

export type PositionEmbeddingType = (typeof POSITION_EMBEDDING_TYPES)[number];

/** @param when a run goes by it */
export const positionEmbeddingTypeOption = (when = "") =>
  new Option(
    "--position-embedding-type <name>",
    `${when}learned and added, or turns of queries and keys (RoFormer)`,
  )
    .choices(POSITION_EMBEDDING_TYPES)
    .default("absolute");

/** The config's fields for it: with turns the model is of RoFormer's family. */
export const positionFields = (type: PositionEmbeddingType | undefined) =>
  type === "rotary" ? { model_type: "roformer", position_embedding_type: type } : {};

export const lowerCaseOption = () =>
  new Option("--no-lower-case", "keep capital letters apart from small ones");
