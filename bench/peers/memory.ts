import { readFileSync } from "node:fs";

/**
 * The most memory that this process has had, in bytes. Not by `resourceUsage` where Linux tells better: a process that
 * another has started begins with the other's peak there.
 */
export function peakBytes(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  return Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024;
}
