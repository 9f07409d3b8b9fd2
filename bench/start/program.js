// Run in a process of its own, by whichever engine: how long the library takes from before its import to the first entities,
// and how much memory it has taken then. Arguments: the library, a model file, a text.
import process from "node:process";

const [library, model, text] = process.argv.slice(2);
const residentBefore = process.memoryUsage.rss();
const started = performance.now();
const { pipeline } = await import(library);
const tag = await pipeline("token-classification", model);
await tag(text);
const milliseconds = performance.now() - started;
const bytes = process.memoryUsage.rss() - residentBefore;
console.log(JSON.stringify({ milliseconds, bytes, memoryBytes: tag.memoryBytes }));
tag.dispose();
