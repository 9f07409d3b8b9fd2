import { escapeHtml } from "../../../src/report/html.ts";
import type { BenchHandlers, Measurement } from "./bench-worker.ts";
import { callsTo } from "./calls.ts";
import { byId } from "./elements.ts";
import { formatNumber, language, text } from "./language.ts";

const KERNELS = ["relaxed", "simd"] as const;
const MOST_THREADS = 4;

/** How fast this machine runs a tagger, by each build of the kernels, on one thread and on several. */
export function startBench(): void {
  const button = byId<HTMLButtonElement>("measure");
  const rows = byId("measurements");
  const status = byId("bench-status");
  const measured: Measurement[] = [];
  let running = false;

  const show = () => {
    button.disabled = running;
    status.textContent = running ? text("measuring") : "";
    const fastest = Math.max(1, ...measured.map(({ tokensPerSecond = 0 }) => tokensPerSecond));
    rows.innerHTML = measured.map((measurement) => measurementRow(measurement, fastest)).join("");
    byId("measured").hidden = measured.length === 0;
  };
  button.addEventListener("click", async () => {
    measured.length = 0;
    running = true;
    show();
    const worker = new Worker(new URL("./bench-worker.ts", import.meta.url), { type: "module" });
    const bench = callsTo<BenchHandlers>(worker);
    try {
      for (const threads of threadCounts()) {
        for (const kernels of KERNELS) {
          measured.push(await bench.measure(kernels, threads));
          show();
        }
      }
      running = false;
      show();
    } catch (error) {
      running = false;
      show();
      status.textContent = text("failed", { what: (error as Error).message });
    } finally {
      worker.terminate();
    }
  });

  const showMachine = async () => {
    const facts: [string, string][] = [
      [text("cores"), formatNumber(navigator.hardwareConcurrency)],
      [text("isolated"), text(crossOriginIsolated ? "yes" : "no")],
      ["WebGPU", await gpuName()],
    ];
    byId("machine").innerHTML = facts
      .map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`)
      .join("");
  };
  language.onChange(() => {
    show();
    showMachine();
  });
  show();
  showMachine();
}

const threadCounts = (): number[] => {
  const most = Math.min(MOST_THREADS, navigator.hardwareConcurrency);
  return most > 1 ? [1, most] : [1];
};

async function gpuName(): Promise<string> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  if (!adapter) return text("none");
  const { vendor, architecture, description } = adapter.info;
  return description || [vendor, architecture].filter((part) => part !== "").join(" ") || text("yes");
}

function measurementRow(
  { kernels, threads, tokensPerSecond, milliseconds, reason }: Measurement,
  fastest: number,
): string {
  const name = `<th scope="row">${text(kernels === "relaxed" ? "kernelsRelaxed" : "kernelsSimd")}</th><td class="number">${threads}</td>`;
  if (tokensPerSecond === undefined) {
    return `<tr>${name}<td colspan="2" class="quiet">${escapeHtml(reason ?? "")}</td></tr>`;
  }
  const share = `<span class="track" style="--share: ${((100 * tokensPerSecond) / fastest).toFixed(1)}%"></span>`;
  return `<tr>${name}<td class="number">${share}${formatNumber(tokensPerSecond)}</td><td class="number">${formatNumber(milliseconds!)}</td></tr>`;
}
