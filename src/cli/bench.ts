import { Command } from "commander";
import { acceptsPath, KERNEL_PATHS, type KernelPath } from "../wasm/kernel-path.ts";
import { type Attention, type Gemm, IDENTITY, type PackInputs } from "../wasm/kernels.ts";
import { Machine } from "../wasm/machine.ts";
import { renderTable } from "./render/table.ts";
import { styleFor, write } from "./terminal.ts";

/** A row of `bench --kernels`. */
interface Measurement {
  readonly kernel: string;
  /** What the kernel works on, as rows × outputs × inputs or tokens × heads × head size. */
  readonly shape: string;
  readonly path: KernelPath;
  readonly milliseconds: number;
  /** Multiplications and additions in units of 10⁹ a second. */
  readonly gops: number;
}

const ROUNDS = 15;
const ROUND_MILLISECONDS = 15;

export function benchCommand(): Command {
  return new Command("bench")
    .description("measure on this machine what each build of the kernels does in a second")
    .requiredOption("--kernels", "the kernels, in the shapes of ELECTRA-small at 128 tokens")
    .option("--json", "print JSON instead of a table")
    .action(async ({ json }: { json?: boolean }) => {
      const measurements = await measureKernels();
      await write(
        process.stdout,
        json ? `${JSON.stringify(measurements, undefined, 2)}\n` : renderMeasurements(measurements),
      );
    });
}

interface Work {
  readonly kernel: string;
  readonly shape: string;
  readonly operations: number;
  readonly path: KernelPath;
  run(): void;
}

/** The paths take turns, round by round, so that a machine whose speed drifts is fair to all; medians. */
async function measureKernels(): Promise<Measurement[]> {
  const { kernelModule } = await import("../wasm/module-inline.ts");
  const works: Work[] = [];
  for (const path of KERNEL_PATHS.filter(acceptsPath))
    works.push(...(await kernelWorks(path, await kernelModule(path))));
  works.sort((a, b) => a.kernel.localeCompare(b.kernel) || a.shape.localeCompare(b.shape));
  const times = new Map<Work, number[]>(works.map((work) => [work, []]));
  const repetitions = new Map(works.map((work) => [work, repetitionsOf(work)]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const work of works) {
      const count = repetitions.get(work)!;
      const started = performance.now();
      for (let i = 0; i < count; i++) work.run();
      times.get(work)!.push((performance.now() - started) / count);
    }
  }
  return works.map((work) => {
    const sorted = times.get(work)!.sort((a, b) => a - b);
    const milliseconds = sorted[ROUNDS >> 1]!;
    const { kernel, shape, path, operations } = work;
    return { kernel, shape, path, milliseconds, gops: operations / milliseconds / 1e6 };
  });
}

/** So many that a round is long against the clock's grain; doing them warms the kernel up. */
function repetitionsOf(work: Work): number {
  for (let count = 1; ; count *= 2) {
    const started = performance.now();
    for (let i = 0; i < count; i++) work.run();
    if (performance.now() - started > ROUND_MILLISECONDS) return count;
  }
}

async function kernelWorks(path: KernelPath, module: WebAssembly.Module): Promise<Work[]> {
  const [tokens, hidden, intermediate, heads] = [128, 256, 1024, 4];
  const machine = await Machine.create(module);
  const megabyte = () => machine.reserve(2 ** 20);
  const [inputs, packed, weights, out, scratch] = [
    megabyte(),
    megabyte(),
    machine.reserve(2 ** 21),
    megabyte(),
    machine.reserve(2 ** 21),
  ];
  machine.commit();
  const { kernels } = machine;
  machine.floats(inputs, 2 ** 18).forEach((_, i, all) => {
    all[i] = ((i * 7919) % 1000) / 500 - 1;
  });
  const products = [
    [tokens, intermediate, hidden],
    [tokens, hidden, intermediate],
    [1, intermediate, hidden],
  ].flatMap(([m, n, k]) => {
    const size = { shape: `${m} × ${n} × ${k}`, operations: 2 * m! * n! * k!, path };
    const run = (pack: PackInputs, gemm: Gemm) => () => {
      pack(inputs, m!, k!, k!, packed);
      gemm(packed, weights, 0, 0, out, m!, n!, k!, n!, IDENTITY);
    };
    return [
      { kernel: "gemm", ...size, run: run(kernels.packInputs, kernels.gemm) },
      { kernel: "gemmInt8", ...size, run: run(kernels.quantizeInputs, kernels.gemmInt8) },
    ];
  });
  const headSize = hidden / heads;
  const size = {
    shape: `${tokens} × ${heads} × ${headSize}`,
    operations: 4 * tokens * tokens * hidden,
    path,
  };
  const attend = (attention: Attention) => () => attention(inputs, out, scratch, tokens, heads, headSize);
  return [
    ...products,
    { kernel: "attention", ...size, run: attend(kernels.attention) },
    { kernel: "attentionInteger", ...size, run: attend(kernels.attentionInteger) },
  ];
}

function renderMeasurements(measurements: readonly Measurement[]): string {
  return renderTable(
    {
      head: ["kernel", "shape", "path", "ms", "GOP/s"],
      align: ["left", "right", "left", "right", "right"],
      rows: measurements.map(({ kernel, shape, path, milliseconds, gops }) => [
        kernel,
        shape,
        path,
        milliseconds.toFixed(3),
        gops.toFixed(1),
      ]),
    },
    styleFor(process.stdout, process.env),
  );
}
