import { thin } from "../../../src/report/curves.ts";
import { lineChart } from "../../../src/report/line-chart.ts";
import { formatBytes } from "../../../src/report/numbers.ts";
import { byId } from "./elements.ts";
import { formatNumber, language, text } from "./language.ts";
import { OWN, type Tagging } from "./models.ts";
import type { TrainingEvent, TrainingOrder } from "./training-worker.ts";

type Of<Kind> = Extract<TrainingEvent, { readonly kind: Kind }>;

const POINTS = 200;
/** The most rows of the table of losses. */
const ROWS = 5000;
/** Milliseconds from one drawing of the curves to the next. */
const BETWEEN = 100;

/** Trains a tagger in a worker, shows how it goes, and hands it to the sections above. */
export function startTraining({ model, worker, ownVersion }: Tagging): void {
  const form = byId<HTMLFormElement>("training-form");
  const file = byId<HTMLInputElement>("data-file");
  const [start, stop] = [byId<HTMLButtonElement>("train"), byId<HTMLButtonElement>("stop")];
  const status = byId("training-status");
  const progress = byId<HTMLProgressElement>("training-progress");
  const trainer = new Worker(new URL("./training-worker.ts", import.meta.url), { type: "module" });

  let data: Of<"data"> | undefined;
  let device: Of<"device"> | undefined;
  let steps: Of<"step">[] = [];
  let epochs: Of<"epoch">[] = [];
  let done: Of<"done"> | undefined;
  let failure = "";
  let running = false;
  let download: string | undefined;

  const show = () => {
    [start.disabled, stop.disabled] = [running, !running];
    status.textContent = statusText();
    byId("training-device").textContent = deviceText();
    byId("training-device").classList.toggle("notice", device?.fallback !== undefined);
    byId("training-result").hidden = done === undefined;
    if (done !== undefined) {
      byId("result-f1").textContent = formatNumber(done.f1, {
        minimumFractionDigits: 3,
        maximumFractionDigits: 3,
      });
      byId("result-size").textContent = formatBytes(done.model.length);
      byId("result-time").textContent = text("seconds", { seconds: formatNumber(done.seconds) });
    }
    showCurves();
  };

  const statusText = (): string => {
    if (failure !== "") return text("trainingFailed", { what: failure });
    const last = steps.at(-1);
    if (done !== undefined) return text("trainingDone", { steps: last?.step ?? 0 });
    if (!running) return text("trainingReady");
    if (last === undefined) return text("trainingStarts");
    return text("trainingRuns", {
      step: last.step,
      steps: last.steps,
      epoch: last.epoch,
      speed: formatNumber(steps.reduce((sum, { tokens }) => sum + tokens, 0) / last.seconds),
    });
  };
  const deviceText = (): string => {
    if (device === undefined) return "";
    const { kernels, parameters, fallback } = device;
    const size = formatNumber(parameters, { notation: "compact", maximumSignificantDigits: 3 });
    if (fallback !== undefined)
      return text("trainsOnFallback", { kernels, size, reason: text(`fallback.${fallback}`) });
    return text(kernels.startsWith("webgpu") ? "trainsOnGpu" : "trainsOnProcessor", {
      kernels: kernels.replace(/^webgpu /, ""),
      size,
    });
  };

  const showCurves = () => {
    const last = steps.at(-1);
    progress.max = last?.steps ?? 1;
    progress.value = last?.step ?? 0;
    byId("curves").hidden = last === undefined;
    if (last === undefined) return;
    const losses = steps.map(({ step, loss }) => [step, loss] as const);
    byId("loss-curve").innerHTML = lineChart({
      id: "loss",
      title: text("lossTitle"),
      description: text("lossDescription", { loss: formatNumber(last.loss) }),
      xLabel: text("step"),
      xDomain: [0, last.steps],
      logarithmic: true,
      logarithmicLabel: text("logarithmic"),
      wholeX: true,
      series: [{ name: text("loss"), look: 0, points: thin(losses, POINTS) }],
    });
    const scores = epochs.map(({ step, f1 }) => [step, f1] as const);
    byId("f1-curve").innerHTML =
      scores.length === 0
        ? `<p class="quiet">${text("f1Later")}</p>`
        : lineChart({
            id: "f1",
            title: text("f1Title"),
            description: text("f1Description", { f1: formatNumber(scores.at(-1)![1]) }),
            xLabel: text("step"),
            xDomain: [0, last.steps],
            yDomain: [0, 1],
            wholeX: true,
            series: [{ name: "F1", look: 3, points: scores, mark: scores.at(-1)! }],
          });
    addLosses(byId<HTMLTableSectionElement>("losses"), steps);
    byId("scores").innerHTML = epochs
      .map(({ epoch, f1 }) => `<tr><td>${epoch}</td><td>${f1.toFixed(4)}</td></tr>`)
      .join("");
  };

  let waiting = false;
  const showSoon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      show();
    }, BETWEEN);
  };

  const take = async (event: TrainingEvent) => {
    if (event.kind === "data") data = event;
    if (event.kind === "device") device = event;
    if (event.kind === "step") steps.push(event);
    if (event.kind === "epoch") epochs.push(event);
    if (event.kind === "failed") [failure, running] = [event.message, false];
    if (event.kind === "done") {
      await worker.addModel(OWN, event.model);
      [done, running] = [event, false];
      offer(event.model);
      ownVersion.value++;
      model.value = OWN;
    }
    showSoon();
  };
  const offer = (bytes: Uint8Array) => {
    if (download !== undefined) URL.revokeObjectURL(download);
    download = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    byId<HTMLAnchorElement>("download").href = download;
  };
  trainer.addEventListener("message", ({ data }: MessageEvent<TrainingEvent>) => take(data));
  trainer.addEventListener("error", ({ message }) => {
    take({ kind: "failed", code: undefined, message: message || "the worker's script could not be loaded" });
  });

  const startAnew = () => {
    data = undefined;
    device = undefined;
    steps = [];
    epochs = [];
    done = undefined;
    failure = "";
    running = true;
    byId("losses").replaceChildren();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (running) return;
    startAnew();
    show();
    const own = file.files?.[0];
    const number = (id: string) => byId<HTMLInputElement>(id).valueAsNumber;
    try {
      const content = own === undefined ? await builtInWaybills() : await own.text();
      const order: TrainingOrder = {
        content,
        file: own?.name ?? "waybills.txt",
        device: byId<HTMLSelectElement>("device").value as TrainingOrder["device"],
        epochs: number("epochs"),
        batchSize: number("batch-size"),
        learningRate: number("learning-rate"),
      };
      trainer.postMessage(order);
    } catch (error) {
      take({ kind: "failed", code: undefined, message: (error as Error).message });
    }
  });
  stop.addEventListener("click", () => trainer.postMessage("stop"));

  const showData = () => {
    const own = file.files?.[0];
    byId("clear-file").hidden = own === undefined;
    byId("data-name").textContent =
      own === undefined ? text("builtIn") : `${own.name} (${formatBytes(own.size)})`;
    byId("data-size").textContent =
      data === undefined ? "" : text("dataSize", { texts: data.texts, dev: data.dev, labels: data.labels });
  };
  const showOtherData = () => {
    data = undefined;
    showData();
  };
  file.addEventListener("change", showOtherData);
  byId("clear-file").addEventListener("click", () => {
    file.value = "";
    showOtherData();
  });
  trainer.addEventListener("message", showData);
  language.onChange(() => {
    show();
    showData();
  });
  show();
  showData();
}

/** Only what is new: a table made anew for every step would take the page's time. */
function addLosses(table: HTMLTableSectionElement, steps: readonly Of<"step">[]): void {
  const rows = steps
    .slice(table.rows.length, ROWS)
    .map(({ step, loss }) => `<tr><td>${step}</td><td>${loss.toPrecision(6)}</td></tr>`);
  table.insertAdjacentHTML("beforeend", rows.join(""));
}

async function builtInWaybills(): Promise<string> {
  const response = await fetch(new URL("./waybills.txt", import.meta.url));
  if (!response.ok) throw new Error(`waybills.txt: ${response.status}`);
  return response.text();
}
