import type { Answers, Envelope, Question, Reply } from "./messages.ts";

/** How often a question is put before it is given up. */
const ATTEMPTS = 4;

/**
 * Asks the offscreen document by way of the service worker. Chrome stops both when it likes, also between a question and
 * its answer: nothing is kept there that the next question would miss, so it is simply put again.
 */
export async function ask<Q extends Question>(question: Q): Promise<Answers[Q["ask"]]> {
  const envelope: Envelope = { to: "service-worker", question };
  let lost: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const reply = (await chrome.runtime.sendMessage(envelope).catch((error: unknown) => {
      lost = error;
    })) as Reply<Answers[Q["ask"]]> | undefined;
    if (reply === undefined) continue;
    if ("error" in reply) throw new Error(reply.error);
    return reply.answer;
  }
  throw lost ?? new Error(chrome.i18n.getMessage("noAnswer"));
}
