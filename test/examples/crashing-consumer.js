// The Worker with a consumer that dies now and then in the middle of a batch: from that moment on nothing that it does
// reaches the queue or the bucket. Runs in workerd beside what `wrangler deploy` would upload.
import worker from "./worker.js";

const never = new Promise(() => {});
/** How often a result was written, by its key. */
const writes = {};
let puts = 0;
let deaths = 0;

export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname === "/told") return Response.json({ writes, deaths });
    return worker.fetch(request, env, context);
  },
  queue(batch, env, context) {
    return new Promise((resolve, reject) => {
      let dead = false;
      const whileAlive = (run) => (argument) => (dead ? never : run(argument));
      const die = () => {
        dead = true;
        deaths++;
        reject(new Error("the consumer died"));
        return never;
      };
      const ENTITIES = {
        head: (key) => (dead ? never : env.ENTITIES.head(key)),
        async put(key, value, options) {
          if (dead) return never;
          if (key.startsWith("deadly")) return die();
          const dies = ++puts % env.CRASH_EVERY === 0;
          const afterwards = deaths % 2 === 1;
          if (dies && !afterwards) return die();
          const written = await env.ENTITIES.put(key, value, options);
          if (written !== null) writes[key] = (writes[key] ?? 0) + 1;
          return dies ? die() : written;
        },
      };
      const messages = batch.messages.map((message) => ({
        id: message.id,
        attempts: message.attempts,
        body: message.body,
        ack: whileAlive(() => message.ack()),
        retry: whileAlive((options) => message.retry(options)),
      }));
      worker.queue({ queue: batch.queue, messages }, { ...env, ENTITIES }, context).then(resolve, reject);
    });
  },
};
