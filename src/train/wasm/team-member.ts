import { Barrier } from "../../model/barrier.ts";
import type { Answer } from "../../model/team-member.ts";
import { Machine } from "../../wasm/machine.ts";
import { CommandList } from "./commands.ts";
import type { TrainingKernels } from "./kernels.ts";

/** The first message to a thread that trains. */
export interface TrainingJoining {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly barrierCells: number;
  readonly thread: number;
  readonly threads: number;
}

/** The messages after it: how many commands wait, and where scratch memory for each thread lies. */
export interface TrainingJob {
  readonly commands: number;
  readonly scratch: number;
  readonly scratchBytes: number;
}

/** What runs in each thread of a training device: its share of every command, in step with the others. */
export function serveTrainingTeam(
  onMessage: (listener: (message: TrainingJoining | TrainingJob) => void) => void,
  answer: (answer: Answer) => void,
): void {
  let work: ((job: TrainingJob) => void) | undefined;
  onMessage(async (message) => {
    try {
      if ("module" in message) work = await join(message);
      else work!(message);
      answer({ failure: undefined });
    } catch (error) {
      answer({ failure: String(error) });
    }
  });
}

async function join({ module, memory, barrierCells, thread, threads }: TrainingJoining) {
  const machine = await Machine.create<TrainingKernels>(module, memory);
  const commands = new CommandList(machine);
  const barrier = new Barrier(machine.integers(barrierCells, 2), threads);
  return (job: TrainingJob) =>
    commands.run(job.commands, thread, threads, job.scratch + thread * job.scratchBytes, () =>
      barrier.wait(),
    );
}
