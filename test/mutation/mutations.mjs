// Where a source can be made wrong by a little, and how: an operator, a constant or a kernel's instruction for its neighbour.

/** Each to each other of its row. */
const ROWS = [
  ["+", "-"],
  ["*", "/"],
  ["<", "<="],
  [">", ">="],
  ["===", "!=="],
  ["==", "!="],
  ["&&", "||"],
  ["<<", ">>"],
  ["true", "false"],
  ["min", "max"],
  ["add", "sub"],
  ["mul", "add"],
  ["i8x16_s", "i8x16_u"],
];
const SWAPS = new Map(
  ROWS.flatMap(([one, other]) => [
    [other, one],
    [one, other],
  ]),
);

const TOKEN = new RegExp(
  [
    /(?<skip>\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`)/, // comments, texts
    /(?<skippedLine>^(?:import|export \*|export \{|export type|type|interface|declare)\b[^;]*?;?$)/, // no code
    /(?<word>\b(?:true|false)\b|(?<=\.)(?:min|max|add|sub|mul)\b(?=[(<]))/,
    /(?<number>(?<![\w.$#])\d+(?![\w.]))/,
    /(?<operator>(?<= )(?:===|!==|==|!=|<=|>=|<<|>>|&&|\|\||[-+*/<>])(?= ))/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "gm",
);

/**
 * @param text of a source file, as Biome formats it: operators between spaces
 * @returns each as the place of what is replaced, and both texts
 */
export function mutationsOf(text) {
  const mutations = [];
  for (const match of text.matchAll(TOKEN)) {
    const { word, number, operator } = match.groups;
    const from = word ?? number ?? operator;
    if (from === undefined) continue;
    const to = number === undefined ? SWAPS.get(from) : String(Number(number) + 1);
    mutations.push({ at: match.index, from, to, line: text.slice(0, match.index).split("\n").length });
  }
  return mutations;
}
