// Run in a process of its own: how long the library takes from before its import to the first entities, and how much
// memory it takes. Arguments: a model file, a text.
import { peakBytes } from "./memory.ts";

const [model, text] = process.argv.slice(2) as [string, string];
const residentBefore = process.memoryUsage.rss();
const started = performance.now();
const { pipeline } = await import(new URL("../../dist/node/index.js", import.meta.url).href);
const tag = await pipeline("token-classification", model);
const loaded = peakBytes();
await tag(text);
const milliseconds = performance.now() - started;
console.log(
  JSON.stringify({
    milliseconds,
    loading: loaded - residentBefore,
    running: process.memoryUsage.rss() - residentBefore,
  }),
);
