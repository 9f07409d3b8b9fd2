// How many labels stay as they are where a text that the model takes whole goes through it in windows instead, and what that
// does to F1. Rows of a data set are joined to texts of 200 to 500 tokens, with a separator between them or none.
//
//   node bench/long-texts/agreement.ts [--max-length 128] [--strides 31,63] [--texts 100] [--separator 。] MODEL DATASET
import { parseArgs } from "node:util";
import { type MarkedText, markedTexts } from "../../src/cli/marked-entities.ts";
import { readDataset } from "../../src/data/index.ts";
import { pipeline, type TokenEntity } from "../../src/index.node.ts";
import { EntityScorer } from "../../src/metrics/entity-scores.ts";

const FEWEST = 200;
const MOST = 500;

const { values, positionals } = parseArgs({
  options: {
    "max-length": { type: "string", default: "128" },
    strides: { type: "string" },
    texts: { type: "string", default: "100" },
    separator: { type: "string", default: "" },
  },
  allowPositionals: true,
});
const [model, dataset] = positionals;
if (model === undefined || dataset === undefined) throw new Error("expected a model and a data set");

/** Texts whose lengths are spread over the range, each of rows that follow on those of the one before. */
function joinRows(rows: readonly MarkedText[], count: number, separator: string) {
  const texts: { text: string; entities: MarkedText["entities"][number][] }[] = [];
  for (let next = 0; texts.length < count; ) {
    const least = FEWEST + ((MOST - FEWEST - 100) * texts.length) / count;
    const joined = { text: "", entities: [] as MarkedText["entities"][number][] };
    while (joined.text.length < least) {
      const { text, entities } = rows[next++ % rows.length]!;
      if (joined.text !== "") joined.text += separator;
      const at = joined.text.length;
      for (const { type, start, end } of entities) {
        joined.entities.push({ type, start: at + start, end: at + end });
      }
      joined.text += text.replaceAll("\n", " ");
    }
    if (joined.text.length <= MOST - 2) texts.push(joined);
  }
  return texts;
}

const texts = joinRows(markedTexts(await readDataset(dataset)), Number(values.texts), values.separator);
const tag = await pipeline("token-classification", model);

async function tagAll(options: { readonly max_length?: number; readonly stride?: number }) {
  const scorer = new EntityScorer();
  const labels: TokenEntity[][] = [];
  let seconds = 0;
  for (const { text, entities } of texts) {
    const started = performance.now();
    labels.push(await tag(text, { aggregation_strategy: "none", ignore_labels: [], ...options }));
    seconds += (performance.now() - started) / 1000;
    const found = await tag(text, options);
    scorer.add(
      entities,
      found.map(({ entity_group, start, end }) => ({ type: entity_group, start, end })),
    );
  }
  return { labels: labels.flat(), figures: `F1 ${scorer.scores().f1.toFixed(4)}, ${seconds.toFixed(2)} s` };
}

const whole = await tagAll({});
console.log(`${texts.length} texts, ${whole.labels.length} tokens\nwhole: ${whole.figures}`);
const max_length = Number(values["max-length"]);
for (const stride of values.strides?.split(",").map(Number) ?? [undefined]) {
  const windowed = await tagAll({ max_length, ...(stride !== undefined && { stride }) });
  const equal = windowed.labels.filter(({ entity }, i) => entity === whole.labels[i]!.entity).length;
  const share = `${((100 * equal) / whole.labels.length).toFixed(2)} % of labels equal`;
  console.log(`windows of ${max_length}, stride ${stride ?? "by default"}: ${share}, ${windowed.figures}`);
}
