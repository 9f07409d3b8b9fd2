// The script of the page that browsers open. It fetches what to run, and posts what came of it.
import { conformance } from "/conformance.js";
import { pipeline } from "/electra-edge.js";

let result;
try {
  const { models, texts } = await (await fetch("/request")).json();
  result = await conformance(pipeline, models, texts);
} catch (error) {
  result = { failure: String(error?.stack ?? error) };
}
await fetch("/result", { method: "POST", body: JSON.stringify(result) });
