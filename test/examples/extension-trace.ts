import assert from "node:assert/strict";
import type { CDPSession } from "playwright-core";

/** Of Chromium's trace; times in microseconds. */
interface TraceEvent {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly args: { readonly name?: string };
  /** What the thread has computed meanwhile. */
  readonly tdur?: number;
}

/**
 * The longest task of the main threads of all pages while something is done, in milliseconds of CPU: what a page would be blocked
 * for where nothing else runs. The extension's own pages don't count.
 */
export async function longestTask(browser: CDPSession, work: () => Promise<unknown>): Promise<number> {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: object[] }) => events.push(...(value as TraceEvent[]));
  browser.on("Tracing.dataCollected", collect);
  const traceConfig = { includedCategories: ["toplevel", "__metadata"], excludedCategories: ["*"] };
  await browser.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  await work();
  const complete = new Promise((resolve) => browser.once("Tracing.tracingComplete", resolve));
  await browser.send("Tracing.end");
  await complete;
  browser.off("Tracing.dataCollected", collect);

  const named = (event: string, name: string) =>
    events.filter((entry) => entry.ph === "M" && entry.name === event && entry.args.name === name);
  const pages = new Set(named("process_name", "Renderer").map(({ pid }) => pid));
  const threads = new Set(named("thread_name", "CrRendererMain").map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = events.filter(
    ({ name, pid, tid }) => name.endsWith("RunTask") && pages.has(pid) && threads.has(`${pid} ${tid}`),
  );
  const times = tasks.map(({ tdur }) => (tdur ?? Number.NaN) / 1000).filter((time) => !Number.isNaN(time));
  assert.ok(times.length > 0, "Chromium has traced no task");
  return Math.max(...times);
}
