import { startAttention } from "./attention-section.ts";
import { startBench } from "./bench-section.ts";
import { callsTo } from "./calls.ts";
import { byId } from "./elements.ts";
import { startEntities } from "./entities-section.ts";
import type { InferenceHandlers } from "./inference-worker.ts";
import { startLanguage } from "./language.ts";
import { startLattice } from "./lattice-section.ts";
import { EXAMPLES, type Tagging } from "./models.ts";
import { startReplaced } from "./replaced-section.ts";
import { Shared } from "./shared.ts";
import { startTheme } from "./theme.ts";
import { startTraining } from "./training-section.ts";

startLanguage(byId("language"));
const themes = new Shared(0);
startTheme(byId("theme"), () => {
  themes.value++;
});

const worker = callsTo<InferenceHandlers>(
  new Worker(new URL("./inference-worker.ts", import.meta.url), { type: "module" }),
);
const tagging: Tagging = {
  model: new Shared("waybill-zh"),
  text: new Shared(EXAMPLES["waybill-zh"]![0]!),
  worker,
  ownVersion: new Shared(0),
};
startEntities(tagging);
startLattice(tagging);
startReplaced(worker);
startAttention(tagging, themes);
startTraining(tagging);
startBench();
