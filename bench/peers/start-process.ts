// Run in a process of its own: how long an engine takes from before its import to the first answer, and how much memory it
// takes. Takes which engine and which text as JSON, prints what it measured as JSON.
import type { Start } from "./cold-start.ts";
import { type EngineSpec, openEngine, type Sample } from "./engines.ts";
import { peakBytes } from "./memory.ts";

const { spec, sample }: { spec: EngineSpec; sample: Sample } = JSON.parse(process.argv[2]!);
const residentBefore = process.memoryUsage.rss();
const started = performance.now();
const engine = (await openEngine(spec.runtime, spec))!;
const loaded = peakBytes();
await engine.on(sample).run();
const measured: Start = {
  milliseconds: performance.now() - started,
  loading: loaded - residentBefore,
  running: process.memoryUsage.rss() - residentBefore,
};
process.stdout.write(JSON.stringify(measured), () => process.exit());
