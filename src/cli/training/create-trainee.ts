import type { CreatePretraining, CreateTrainee } from "../../train/create-trainee.ts";

// The trainer's own, which come with the compiled kernels only now: the commands that train nothing do without.

export const createTrainee: CreateTrainee = async (settings, initial) => {
  const trainer = await import("../../train.node.ts");
  return trainer.createTrainee(settings, initial);
};

export const createPretraining: CreatePretraining = async (settings, initial) => {
  const trainer = await import("../../train.node.ts");
  return trainer.createPretraining(settings, initial);
};
