import { InputError } from "../errors.ts";

/** @throws {InputError} `bad-option` */
export function refuse(name: string, expected: string, value: unknown): never {
  throw new InputError("bad-option", `${name} must be ${expected}, not ${JSON.stringify(value)}`);
}

/*
 * Options are checked where they are given: an option that is left out is undefined, and what it then is is no matter of
 * its check. Each throws `bad-option`.
 */

export function checkChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  if (value !== undefined && !choices.includes(value)) refuse(name, `one of ${choices.join(", ")}`, value);
}

export function checkCount(name: string, value: unknown): void {
  if (value !== undefined && !(Number.isInteger(value) && (value as number) >= 1)) {
    refuse(name, "an integer from 1 on", value);
  }
}

export function checkInteger(name: string, value: unknown, least: number, most: number): void {
  if (value === undefined) return;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  refuse(name, `an integer from ${least} to ${most}`, value);
}

export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") refuse(name, "a function", value);
}

export function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "boolean") refuse(name, "true or false", value);
}

export function checkStrings(name: string, value: unknown): void {
  if (value === undefined || (Array.isArray(value) && value.every((item) => typeof item === "string")))
    return;
  refuse(name, "an array of strings", value);
}
