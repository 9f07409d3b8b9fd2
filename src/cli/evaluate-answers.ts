import { parseQuestions, type Question } from "../data/questions.ts";
import { readTextFile } from "../data/text-file.ts";
import { AnswerScorer, type AnswerScores, cmrc, squad } from "../metrics/answer-scores.ts";
import { type EngineOptions, engineOf } from "./engine-options.ts";
import { evaluateEach } from "./evaluate-each.ts";
import { at } from "./tagger.ts";

const METRICS = { squad, cmrc } as const;

/** What `evaluate --json` prints of a model that answers questions. */
export interface AnswerEvaluation extends AnswerScores {
  readonly metric: keyof typeof METRICS;
  /** Time spent on the questions, without loading the model and reading the data. */
  readonly seconds: number;
}

/** Compares the answers that a model finds with those that the data set has. */
export async function evaluateAnswers(
  model: string,
  data: string,
  options: EngineOptions,
): Promise<AnswerEvaluation> {
  const questions = parseQuestions(await readTextFile(data), data);
  // CMRC's own segments are for Chinese; SQuAD's words would take a Chinese answer for one word.
  const isChinese = questions.some(({ answers }) => answers.some((answer) => /\p{Script=Han}/u.test(answer)));
  const metric = isChinese ? "cmrc" : "squad";
  const hasImpossible = questions.some(({ answers }) => answers.length === 0);
  const { pipeline } = await import("../index.node.ts");
  const answer = await pipeline("question-answering", model, engineOf(options));
  const scorer = new AnswerScorer(METRICS[metric]);
  const judge = async ({ question, context, answers }: Question, index: number) => {
    const asked = answer({ question, context }, { handle_impossible_answer: hasImpossible, top_k: 1 });
    const best = await at(`${data}: question ${index + 1}`, asked);
    scorer.add(answers, best.answer);
  };
  const seconds = await evaluateEach(questions, "questions", answer, judge);
  return { ...scorer.scores(), metric, seconds };
}
