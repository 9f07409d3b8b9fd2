import type { CreateTrainee } from "../train/create-trainee.ts";

/** The trainer's own, which comes with the compiled kernels only now: the commands that train nothing do without. */
export const createTrainee: CreateTrainee = async (settings, initial) => {
  const trainer = await import("../train.node.ts");
  return trainer.createTrainee(settings, initial);
};
