// The one place with a model. It is cross-origin isolated, by the manifest, and so has threads.
import type { Answers, Envelope, Question } from "./messages.ts";
import { currentModel, dropModel } from "./model.ts";

/** How long the model stays in memory when nobody asks for it. */
const IDLE_MINUTES = 5;

async function answer(question: Question): Promise<Answers[Question["ask"]]> {
  if (question.ask === "copy") return copy(question.text);
  if (question.ask === "reload") await dropModel();
  const { tag, description } = await currentModel();
  if (question.ask !== "find") return description;
  const found = await tag(question.texts);
  const entities = found.map((entities) =>
    entities.map(({ entity_group, score, start, end }) => ({ type: entity_group, score, start, end })),
  );
  return { model: description, entities };
}

/** `navigator.clipboard` wants a focused document, which this never is. */
function copy(text: string): true {
  const area = document.querySelector("textarea")!;
  area.value = text;
  area.select();
  const copied = document.execCommand("copy");
  area.value = "";
  if (!copied) throw new Error("the clipboard could not be written");
  return true;
}

let idle = 0;
let open = 0;

/** The next question opens the document again. */
function closeWhenIdle(): void {
  clearTimeout(idle);
  idle = window.setTimeout(() => {
    if (open === 0) window.close();
  }, IDLE_MINUTES * 60_000);
}

chrome.runtime.onMessage.addListener((envelope: Envelope, _sender, respond) => {
  if (envelope.to !== "offscreen") return false;
  open++;
  answer(envelope.question)
    .then((answer) => ({ answer }))
    .catch((error: Error) => ({ error: error.message }))
    .then((reply) => {
      open--;
      closeWhenIdle();
      respond(reply);
    });
  return true;
});
