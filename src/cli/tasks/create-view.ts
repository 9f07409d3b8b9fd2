import type {
  Answer,
  ChoiceScore,
  Features,
  FilledMask,
  LabelScore,
  LoadingOptions,
  TokenReplacement,
} from "../../index.node.ts";
import type { Task } from "../../model/config.ts";
import { printableLines } from "../../report/printable.ts";
import { UsageError } from "../failure.ts";
import { renderAnswers } from "../render/answers.ts";
import { HTML_TAIL } from "../render/html.ts";
import { renderReplacements, replacementsArticle, replacementsHead } from "../render/replacements.ts";
import { renderScoreRows } from "../render/scores-table.ts";
import type { TaskOptions } from "../task-options.ts";
import type { TaskView } from "./task-view.ts";

type Create = (model: string, loading: LoadingOptions, options: TaskOptions) => Promise<TaskView>;

// The runtime comes with a model only, since the commands that run none do without the compiled kernels.
const runtime = () => import("../../index.node.ts");

const VIEWS: { readonly [T in Exclude<Task, "token-classification">]: Create } = {
  async "text-classification"(model, loading, { pair, topK = null, functionToApply }) {
    const classify = await (await runtime()).pipeline("text-classification", model, loading);
    const options = { top_k: topK, ...(functionToApply && { function_to_apply: functionToApply }) };
    return view<LabelScore[]>({
      pipeline: classify,
      field: "labels",
      ask: (text) => classify(pair === undefined ? text : { text, text_pair: pair }, options),
      render: (text, labels, style) =>
        `${printableLines(text)}\n\n` +
        renderScoreRows(
          "label",
          undefined,
          labels.map(({ label, score }) => ({ name: label, score })),
          style,
        ),
    });
  },
  async "multiple-choice"(model, loading, { choices }) {
    if (choices === undefined) throw new UsageError("a model for multiple-choice needs --choices");
    const choose = await (await runtime()).pipeline("multiple-choice", model, loading);
    return view<ChoiceScore[]>({
      pipeline: choose,
      field: "choices",
      ask: (context) => choose({ context, choices }),
      render: (context, ranked, style) =>
        `${printableLines(context)}\n\n` +
        renderScoreRows(
          "choice",
          undefined,
          ranked.map(({ choice, score }) => ({ name: choice, score })),
          style,
        ),
    });
  },
  async "question-answering"(model, loading, options) {
    const { question, topK } = options;
    if (question === undefined) throw new UsageError("a model for question-answering needs --question");
    if (topK === null) throw new UsageError("--top-k all is for text-classification");
    const answer = await (await runtime()).pipeline("question-answering", model, loading);
    const asked = {
      handle_impossible_answer: options.handleImpossibleAnswer ?? false,
      ...(options.maxAnswerLen && { max_answer_len: options.maxAnswerLen }),
      ...(options.docStride && { doc_stride: options.docStride }),
    };
    return view<Answer[]>({
      pipeline: answer,
      field: "answers",
      ask: async (context) => [await answer({ question, context }, { ...asked, top_k: topK ?? 1 })].flat(),
      render: renderAnswers,
    });
  },
  async "fill-mask"(model, loading, { topK = 5, targets }) {
    if (topK === null) throw new UsageError("--top-k all is for text-classification");
    const fill = await (await runtime()).pipeline("fill-mask", model, loading);
    const options = { top_k: topK, ...(targets && { targets }) };
    return view<FilledMask[] | FilledMask[][]>({
      pipeline: fill,
      field: "masks",
      ask: (text) => fill<FilledMask[] | FilledMask[][]>(text, options),
      render: (_, filled, style) =>
        masksOf(filled)
          .map((mask) =>
            renderScoreRows(
              "token",
              "text",
              mask.map(({ token_str, score, sequence }) => ({ name: token_str, score, note: sequence })),
              style,
            ),
          )
          .join("\n"),
    });
  },
  async "replaced-token-detection"(model, loading, { threshold = 0 }) {
    const detect = await (await runtime()).pipeline("replaced-token-detection", model, loading);
    return view<TokenReplacement[]>({
      pipeline: detect,
      field: "tokens",
      ask: (text) => detect(text, { threshold }),
      render: renderReplacements,
      page: { head: replacementsHead(model), text: replacementsArticle, tail: HTML_TAIL },
    });
  },
  async "feature-extraction"(model, loading, { pooling = "mean", normalize = false }) {
    const extract = await (await runtime()).pipeline("feature-extraction", model, loading);
    return view<{ dims: readonly number[]; data: number[] }>({
      pipeline: extract,
      field: "features",
      ask: async (text) => {
        const { dims, data }: Features = await extract(text, { pooling, normalize });
        return { dims, data: Array.from(data) };
      },
      render: (_, { dims, data }, { colors }) => {
        const first = data.slice(0, 6).map((value) => value.toFixed(4));
        const more = data.length > first.length ? ", …" : "";
        return `${colors.bold(`[${dims.join(", ")}]`)}  ${first.join(", ")}${more}\n`;
      },
    });
  },
};

const view = <R>(typed: TaskView<R>): TaskView => typed;

/** A list for each mask, also where there is one. */
const masksOf = (filled: FilledMask[] | FilledMask[][]): FilledMask[][] =>
  Array.isArray(filled[0]) ? (filled as FilledMask[][]) : [filled as FilledMask[]];

/** @throws {UsageError} where an option is missing without which the task has no answer */
export function createView(
  task: Exclude<Task, "token-classification">,
  model: string,
  loading: LoadingOptions,
  options: TaskOptions,
): Promise<TaskView> {
  return VIEWS[task](model, loading, options);
}
