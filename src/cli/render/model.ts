import { type ElectraConfig, hasWordsAlone } from "../../model/config.ts";
import { formatBytes, formatCount, formatNumberOf } from "../../report/numbers.ts";
import { printable } from "../../report/printable.ts";
import type { ModelSummary, TensorSummary } from "../model-summary.ts";
import type { Style } from "../terminal.ts";
import { renderTable } from "./table.ts";

function describe(summary: ModelSummary): [string, string][] {
  const { config, crf, gru, labels, scheme, tokenizer } = summary;
  const head = crf === null ? "" : `, CRF over ${crf.tokens === "all" ? "all tokens" : crf.tokens}`;
  const rows: [string, string][] = [
    ["file", `${summary.file}, ${formatBytes(summary.bytes)}`],
    ["task", `${summary.task}${head}`],
    ["encoder", describeEncoder(config)],
    ["positions", `${formatCount(config.max_position_embeddings)}, [CLS] and [SEP] included`],
    [
      "tokenizer",
      `${tokenizer.type}, ${formatCount(tokenizer.vocab_size)} tokens` +
        `${tokenizer.do_lower_case ? ", lower-cased" : ""}`,
    ],
  ];
  if (gru !== null) {
    const layers = formatNumberOf(gru.num_layers, "bidirectional layer");
    rows.push(["GRU", `${layers} of hidden ${gru.hidden_size} in each direction`]);
  }
  if (labels.length > 0) rows.push(["labels", `${labels.length}: ${labels.join(" ")}`]);
  if (scheme !== null) rows.push(["scheme", `${scheme.notation}${scheme.typeFirst ? ", type first" : ""}`]);
  rows.push(
    ["parameters", `${formatCount(summary.parameters)} in ${summary.storage.join(" and ")}`],
    ["licence", summary.license ?? "not stated"],
    ["source", summary.source ?? "not stated"],
  );
  return rows;
}

function describeEncoder(config: ElectraConfig): string {
  const embeddings = `embeddings of ${config.embedding_size}`;
  if (hasWordsAlone(config)) return `word ${embeddings}, no layers`;
  return (
    `${formatNumberOf(config.num_hidden_layers, "layer")} of hidden ${config.hidden_size}, ` +
    `${formatNumberOf(config.num_attention_heads, "head")}, feed-forward ${config.intermediate_size}, ${embeddings}`
  );
}

/** What `inspect` shows a person: the model in words, then its tensors in the order of the file. */
export function renderModel(summary: ModelSummary, style: Style): string {
  const { colors } = style;
  const facts = describe(summary).map(
    ([name, value]) => ` ${colors.bold(name.padEnd(10))}  ${printable(value)}\n`,
  );
  const { tensors } = summary;
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const quantized = tensors.some(({ relative_error }) => relative_error !== null);
  // One column more, and only where it says something.
  const withError = (row: string[], error: string) => (quantized ? [...row, error] : row);
  const table = renderTable(
    {
      head: withError(["tensor", "dtype", "shape", "bytes"], "error"),
      align: ["left", "left", "right", "right", "right"],
      rows: [
        ...tensors.map((tensor) => withError(describeTensor(tensor), formatError(tensor))),
        withError([formatNumberOf(tensors.length, "tensor"), "", "", formatCount(bytes)], "").map((cell) =>
          colors.bold(cell),
        ),
      ],
      elastic: 0,
    },
    style,
  );
  return `${facts.join("")}\n${table}`;
}

const describeTensor = ({ name, dtype, shape, bytes }: TensorSummary): string[] => [
  printable(name),
  dtype,
  shape.join(" × "),
  formatCount(bytes),
];

const formatError = ({ relative_error }: TensorSummary): string =>
  relative_error === null ? "" : `${(relative_error * 100).toFixed(2)} %`;
