// `npm run mutate -- GROUP --faults N --seed S`: plants faults, one at a time, in a copy of the sources, and counts those that
// the group's tests notice. What it finds goes line by line into build/mutation/GROUP-S.jsonl, from which a run that was cut
// off goes on. A fault that doesn't compile counts for nothing; one that hangs is noticed. `--again` plants those that have
// survived once more, after tests were written for them. `docs/mutation.md` has the figures.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { random } from "../random.ts";
import { Copy } from "./copy.mjs";
import { GROUPS } from "./groups.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    faults: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    again: { type: "boolean", default: false },
  },
});
const [name] = positionals;
const group = GROUPS[name];
if (group === undefined) throw new Error(`name one of ${Object.keys(GROUPS).join(", ")}`);

const report = `build/mutation/${name}-${values.seed}.jsonl`;
mkdirSync("build/mutation", { recursive: true });
/** By place; what a fault came to last counts. */
const found = new Map();
if (existsSync(report)) {
  for (const line of readFileSync(report, "utf8").trim().split("\n")) note(JSON.parse(line));
}

const copy = new Copy(group);
try {
  copy.measure();
  if (values.again) for (const place of survivors()) plant(place);
  else plantNew();
} finally {
  copy.remove();
}
for (const { file, line, from, to } of survivors()) console.log(`survived: ${file}:${line} ${from} → ${to}`);
console.log(`${name}: ${counted().length - survivors().length} of ${counted().length} faults noticed`);

function plantNew() {
  const places = copy.places();
  shuffle(places, Number(values.seed));
  for (const place of places) {
    if (counted().length >= Number(values.faults)) return;
    if (!found.has(keyOf(place))) plant(place);
  }
}

function plant({ file, line, at, from, to }) {
  const result = { file, line, at, from, to, ...copy.plant({ file, at, from, to }) };
  note(result);
  appendFileSync(report, `${JSON.stringify(result)}\n`);
  console.log(`${counted().length}  ${result.outcome}: ${file}:${line} ${from} → ${to}`);
}

function note(result) {
  found.set(keyOf(result), result);
}

function keyOf({ file, at }) {
  return `${file}:${at}`;
}

function counted() {
  return [...found.values()].filter(({ outcome }) => outcome !== "does not compile");
}

function survivors() {
  return counted().filter(({ outcome }) => outcome === "survived");
}

/** Fisher and Yates's. */
function shuffle(array, seed) {
  const next = random(seed);
  for (let i = array.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [array[i], array[j]] = [array[j], array[i]];
  }
}
