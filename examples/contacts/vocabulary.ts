import { SPECIAL_TOKENS } from "../../src/text/build-vocab.ts";
import { COMMON_HANZI, RARE_HANZI } from "../made-up/hanzi.ts";

const ASCII = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index));
const FULL_WIDTH = Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(0xff01 + index));
const MARKS = [..."　、。〈〉《》「」『』【】〔〕·—–…‘’“”～•●■◆★☆→①②③④⑤⑥⑦⑧⑨⑩×÷℃¥©®°№㎡"];
/** In names, though GB 2312 of 1980 lacks them. */
const NEWER_HANZI = [..."镕堃喆垚甯昇珺玥祎啓囍犇淼骉翀飏頔赟劼俬䶮玘珮瑨璟晞昳暐烨炜煊燊熠婳嫄妤姝"];

/** Characters that a tagger of Chinese prose should know, each once and lower-cased, behind BERT's special tokens. */
export function vocabulary(): string[] {
  const characters = [ASCII, FULL_WIDTH, MARKS, COMMON_HANZI, RARE_HANZI, NEWER_HANZI].flat();
  return [...SPECIAL_TOKENS, ...new Set(characters.map((character) => character.toLowerCase()))];
}
