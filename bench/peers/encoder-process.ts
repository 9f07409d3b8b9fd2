// Run in a process of its own, since onnxruntime-web's number of threads holds for a whole process. Takes what to
// measure as JSON, prints the rows as JSON.
import { benchEncoder, benchThreads } from "./encoder.ts";
import type { Effort } from "./measure.ts";
import type { BenchModel } from "./models.ts";

export interface EncoderTask {
  readonly kind: "peers" | "threads";
  readonly model: BenchModel;
  readonly lengths: readonly number[];
  readonly threads: number;
  readonly effort: Effort;
}

const { kind, model, lengths, threads, effort }: EncoderTask = JSON.parse(process.argv[2]!);
const rows =
  kind === "peers"
    ? await benchEncoder(model, lengths, threads, effort)
    : await benchThreads(model, lengths, effort);
process.stdout.write(JSON.stringify(rows), () => process.exit());
