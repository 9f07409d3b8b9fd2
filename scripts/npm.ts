import { type ExecFileSyncOptions, execFileSync } from "node:child_process";

/**
 * Runs the npm that runs this script. The name alone would not do: below `npm run` it finds whatever npm a dependency
 * has brought along.
 */
export function npm(args: readonly string[], options: ExecFileSyncOptions): void {
  const running = process.env["npm_execpath"];
  if (running === undefined) execFileSync("npm", args, options);
  else execFileSync(process.execPath, [running, ...args], options);
}
