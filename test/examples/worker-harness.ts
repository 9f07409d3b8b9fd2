import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Entity, pipeline } from "../../src/index.node.ts";
import { skipWithout } from "../without.ts";
import { buildWorker, type Miniflare, PACKAGES, startMiniflare } from "./workers-runtime.ts";

export const MODEL = fileURLToPath(new URL("../../weights/waybill-zh.safetensors", import.meta.url));
const fixture = new URL("../fixtures/waybill-made-up/expected.json", import.meta.url);
export const TEXTS: readonly string[] = JSON.parse(readFileSync(fixture, "utf8"))
  .slice(0, 20)
  .map(({ text }: { text: string }) => text);

/** A test that says why it is skipped where the example's packages are missing, and fails then where CI is set. */
export function workerTest(
  name: string,
  run: (t: TestContext) => Promise<void>,
  options: { readonly timeout?: number } = {},
): void {
  it(name, options, async (t) => {
    if (PACKAGES.installed) return run(t);
    skipWithout(t, `wrangler and miniflare are missing; \`${PACKAGES.installCommand}\` installs them`);
  });
}

/** A Worker as it would be uploaded, and those that a test runs of it. */
export class BuiltWorker {
  /** Where its modules are. */
  folder = "";
  /** What Node finds in {@link TEXTS}. */
  expected: readonly Entity[][] = [];
  readonly #started = new Set<Miniflare>();

  /** For the tests of the `describe` that this is called in: built before them, and all that runs ended after them. */
  constructor(config: string) {
    before(async () => {
      if (!PACKAGES.installed) return;
      this.folder = await mkdtemp(join(tmpdir(), "electra-edge-worker-"));
      buildWorker(this.folder, config);
      const tag = await pipeline("token-classification", MODEL);
      this.expected = await tag(TEXTS);
      tag.dispose();
    });
    after(async () => {
      await Promise.all(Array.from(this.#started, (miniflare) => miniflare.dispose()));
      if (this.folder !== "") await rm(this.folder, { recursive: true });
    });
  }

  async start(options: Readonly<Record<string, unknown>>): Promise<Miniflare> {
    const miniflare = await startMiniflare(options);
    this.#started.add(miniflare);
    return miniflare;
  }

  async stop(miniflare: Miniflare): Promise<void> {
    this.#started.delete(miniflare);
    await miniflare.dispose();
  }
}
