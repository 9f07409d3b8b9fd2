// Bulk annotation: objects of one bucket, by way of a queue, become results in another. A queue delivers at least once, and
// whoever consumes it may die at any time; so a result's key follows from the object alone, and the first to write it wins.
import type { TokenClassificationPipeline } from "electra-edge";
import type { Env, ObjectEvent } from "./env.ts";
import { RequestError } from "./errors.ts";
import { MAX_OBJECT_BYTES, MAX_TEXT_LENGTH } from "./limits.ts";
import { loadedModel } from "./model.ts";

/** Objects of one call: listing and sending them takes 11 subrequests of the 50 that the free plan allows. */
const OBJECTS_A_CALL = 1000;
/** As many messages as a queue takes at once. */
const MESSAGES_A_SEND = 100;

interface Enqueued {
  readonly enqueued: number;
  /** What to ask on with; absent when all are enqueued. */
  readonly cursor?: string;
}

/**
 * Enqueues what lies in the bucket of texts, with the very messages that R2's event notifications would send.
 *
 * @throws {RequestError} 404 where no bulk annotation is bound
 */
export async function enqueueTexts(parameters: URLSearchParams, { TEXTS, QUEUE }: Env): Promise<Enqueued> {
  if (TEXTS === undefined || QUEUE === undefined) {
    throw new RequestError(404, "not-found", "this Worker is deployed without bulk annotation");
  }
  const [prefix, cursor] = [parameters.get("prefix"), parameters.get("cursor")];
  const listed = await TEXTS.list({
    limit: OBJECTS_A_CALL,
    ...(prefix === null ? {} : { prefix }),
    ...(cursor === null ? {} : { cursor }),
  });
  const messages = listed.objects.map(({ key, etag }) => ({
    body: { action: "PutObject", object: { key, eTag: etag } },
  }));
  for (let start = 0; start < messages.length; start += MESSAGES_A_SEND) {
    await QUEUE.sendBatch(messages.slice(start, start + MESSAGES_A_SEND));
  }
  return { enqueued: messages.length, ...(listed.truncated ? { cursor: listed.cursor } : {}) };
}

/**
 * Annotates a batch's objects, and tells the queue of each as soon as its result is in place. In random order: what ends the
 * consumer each time then takes other messages of its batch along each time, and they get through.
 */
export async function annotateBatch(
  { messages }: MessageBatch<unknown>,
  env: Env,
  context: ExecutionContext,
): Promise<void> {
  for (const message of shuffled(messages)) {
    try {
      await annotateObject(message.body, env, context);
      message.ack();
    } catch (error) {
      console.error(`message ${message.id}, delivery ${message.attempts}:`, error);
      message.retry();
    }
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = Math.floor(Math.random() * (last + 1));
    [order[last], order[chosen]] = [order[chosen]!, order[last]!];
  }
  return order;
}

/** The key of an object's result. Its content is part of the key: an object that changes gets a further result. */
const resultKey = (key: string, etag: string) => `${key}.${etag}.ndjson`;

async function annotateObject(event: unknown, env: Env, context: ExecutionContext): Promise<void> {
  const { TEXTS, ENTITIES } = env;
  if (TEXTS === undefined || ENTITIES === undefined) throw new Error("TEXTS and ENTITIES must be bound");
  if (!isObjectEvent(event)) throw new Error("the message is no event of R2's");
  const { key, eTag } = event.object;
  if (eTag !== undefined && (await ENTITIES.head(resultKey(key, eTag))) !== null) return;
  const object = await TEXTS.get(key);
  if (object === null) return; // deleted since, or what the event tells of
  const result = await annotate(object, await loadedModel(env, context));
  await ENTITIES.put(resultKey(key, object.etag), result, {
    onlyIf: { etagDoesNotMatch: "*" },
    httpMetadata: { contentType: "application/x-ndjson" },
  });
}

function isObjectEvent(event: unknown): event is ObjectEvent {
  const { key, eTag } = (event as Partial<ObjectEvent> | null)?.object ?? {};
  return typeof key === "string" && (eTag === undefined || typeof eTag === "string");
}

/**
 * A line of JSON for each line of text that isn't empty: `line`, `text` and `entities`, or `line` and `error`. What can't be
 * used gets a result too, which says why: it would fail each time.
 */
async function annotate(object: R2ObjectBody, tag: TokenClassificationPipeline): Promise<string> {
  if (object.size > MAX_OBJECT_BYTES) {
    await object.body.cancel();
    return failure("object-too-large", `an object has at most ${MAX_OBJECT_BYTES} bytes`);
  }
  let text: string;
  const bytes = await object.arrayBuffer();
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return failure("not-utf-8", "the object is not UTF-8");
  }
  let result = "";
  for (const [i, content] of text.split(/\r?\n/).entries()) {
    const line = i + 1;
    if (content === "") continue;
    result +=
      content.length > MAX_TEXT_LENGTH
        ? failure("text-too-long", `a line has at most ${MAX_TEXT_LENGTH} characters`, line)
        : `${JSON.stringify({ line, text: content, entities: await tag(content) })}\n`;
  }
  return result;
}

const failure = (code: string, message: string, line?: number) =>
  `${JSON.stringify({ line, error: { code, message } })}\n`;
