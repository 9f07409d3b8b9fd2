import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { startProgress } from "../../src/cli/progress.ts";

/** Keeps what is written, and passes for a terminal of 100 columns where told to. */
class Screen extends Writable {
  written = "";
  readonly columns = 100;
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.written += chunk;
    done();
  }
}

function run(
  isTTY: boolean,
  steps: readonly (readonly [ms: number, count: number, fraction?: number])[],
): string {
  const screen = new Screen(isTTY);
  let clock = 0;
  const progress = startProgress("texts", screen, () => clock);
  for (const [ms, count, fraction] of steps) {
    clock = ms;
    progress.update(count, fraction);
  }
  const shown = screen.written;
  progress.stop();
  return shown;
}

describe("progress", () => {
  it("shows a bar, the rate and the time left once two seconds have passed", () => {
    const shown = stripVTControlCharacters(
      run(true, [
        [1000, 25, 0.05],
        [4000, 1000, 0.25],
      ]),
    );
    assert.equal(
      shown.trim(),
      `${"━".repeat(6)}${"─".repeat(18)} 25 % · 1,000 texts · 250 texts/s · 12 s left`,
    );
  });

  it("shows count and rate where the end isn't known", () => {
    const shown = stripVTControlCharacters(run(true, [[2500, 20]]));
    assert.equal(shown.trim(), "20 texts · 8.0 texts/s");
  });

  it("stays away from short runs and from what is no terminal", () => {
    assert.equal(run(true, [[1999, 10, 0.5]]), "");
    assert.equal(run(false, [[60_000, 10, 0.5]]), "");
  });

  it("leaves the terminal as it was when interrupted: nothing but the line is written", () => {
    assert.doesNotMatch(run(true, [[4000, 1, 0.5]]), /\x1b\[\?/u);
  });
});
