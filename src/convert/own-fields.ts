import { ConvertError } from "../errors.ts";
import { CRF_TOKENS, type CrfTokens } from "../model/config.ts";
import { brief } from "../model/file/json.ts";
import { type LabelScheme, parseScheme } from "../text/labels.ts";
import type { JsonFile } from "./text-file.ts";

/** The field of a `config.json` that is ours: transformers keeps it, and writes it again. */
export const OWN_FIELDS = "electra_edge";

/** What a model file says and a Hugging Face directory has no place for. */
export interface OwnFields {
  readonly crf?: { readonly tokens: CrfTokens };
  readonly scheme?: LabelScheme;
  readonly license?: string;
  readonly source?: string;
}

/**
 * What an exported directory says of the model file that it was.
 *
 * @throws {ConvertError} `config-malformed`
 * @throws {ModelFileError} `metadata-malformed` for a label scheme that can't be
 */
export function parseOwnFields({ file, fields }: JsonFile): OwnFields {
  const json = fields[OWN_FIELDS] ?? {};
  const fail = (detail: string): never => {
    throw new ConvertError("config-malformed", file, `"${OWN_FIELDS}" ${detail}`);
  };
  if (typeof json !== "object" || Array.isArray(json)) return fail(`must be an object, not ${brief(json)}`);
  const { crf, scheme, license, source } = json as Record<string, unknown>;
  for (const [name, value] of Object.entries({ license, source })) {
    if (value !== undefined && typeof value !== "string")
      fail(`must have a string "${name}", not ${brief(value)}`);
  }
  const tokens = (crf as { tokens?: CrfTokens } | null | undefined)?.tokens;
  if (crf !== undefined && !CRF_TOKENS.includes(tokens!)) {
    fail(`must have a "crf" with "tokens" one of ${CRF_TOKENS.join(", ")}, not ${brief(crf)}`);
  }
  return {
    ...(tokens !== undefined && { crf: { tokens } }),
    ...(scheme !== undefined && { scheme: parseScheme(scheme, file) }),
    ...(license !== undefined && { license: license as string }),
    ...(source !== undefined && { source: source as string }),
  };
}
