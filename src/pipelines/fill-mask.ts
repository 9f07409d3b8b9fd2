import { InputError, ModelFileError } from "../errors.ts";
import { softmax } from "../model/scores.ts";
import { CONTINUATION } from "../text/wordpiece.ts";
import { checkCount, checkStrings, refuse } from "./options.ts";
import { largest } from "./scores.ts";
import type { CallOptions, LoadedPipeline, TaskDefinition } from "./task-pipeline.ts";

/** A token that may stand in a mask's place. */
export interface FilledMask {
  /** Its probability among all tokens, whatever the other masks may be. */
  readonly score: number;
  /** Its id. */
  readonly token: number;
  readonly token_str: string;
  /** The text with the token in the mask's place. */
  readonly sequence: string;
}

export interface FillMaskOptions extends CallOptions {
  /** How many tokens for each mask, the likeliest first. Default 5. */
  readonly top_k?: number;
  /** The only tokens to choose from: they must be in the vocabulary. */
  readonly targets?: string | readonly string[];
}

/** Tokens for each mask of a text: of a text with one mask `FilledMask[]`, with several `FilledMask[][]`. */
export interface FillMaskPipeline extends LoadedPipeline {
  <R extends FilledMask[] | FilledMask[][] = FilledMask[]>(
    text: string,
    options?: FillMaskOptions,
  ): Promise<R>;
  <R extends FilledMask[] | FilledMask[][] = FilledMask[]>(
    texts: readonly string[],
    options?: FillMaskOptions,
  ): Promise<R[]>;
}

export const fillMask: TaskDefinition<"fill-mask", FillMaskOptions, string, FilledMask[] | FilledMask[][]> = {
  checkOptions({ top_k, targets }) {
    checkCount("top_k", top_k);
    if (typeof targets !== "string") checkStrings("targets", targets);
  },
  open(model, tokenizer) {
    const { vocab, mask_token } = tokenizer.tokenizer.config;
    if (mask_token === null) {
      throw new ModelFileError("tokenizer-malformed", model.file.name, 'fill-mask needs a "mask_token"');
    }
    const mask = vocab.indexOf(mask_token);
    const idOf = (target: string) => {
      const id = vocab.indexOf(target);
      return id === -1 ? refuse("targets", "in the vocabulary", target) : id;
    };
    return (text, { top_k = 5, targets }) => {
      const ids = targets === undefined ? undefined : [targets].flat().map(idOf);
      const encoded = tokenizer.encode(text);
      const places = [...encoded.ids.keys()].filter((i) => encoded.ids[i] === mask);
      if (places.length === 0) throw new InputError("no-mask", `the text has no ${mask_token} to fill`);
      const masks: FilledMask[][] = [];
      return {
        sequences: [encoded],
        read(_, { row }) {
          for (const place of places) {
            const logits = model.head.scoresAt(row + place);
            model.assertFinite(logits.byteOffset, logits.length);
            const all = softmax(logits).subarray(0, vocab.length);
            const scores = ids?.map((id) => all[id]!) ?? all;
            const fill = (i: number): FilledMask => {
              const token = ids?.[i] ?? i;
              const token_str = vocab[token]!;
              const piece = token_str.startsWith(CONTINUATION) ? token_str.slice(2) : token_str;
              const sequence = text.slice(0, encoded.start[place]) + piece + text.slice(encoded.end[place]);
              return { score: scores[i]!, token, token_str, sequence };
            };
            masks.push(largest(scores, top_k).map(fill));
          }
        },
        result: () => (masks.length === 1 ? masks[0]! : masks),
      };
    };
  },
};
