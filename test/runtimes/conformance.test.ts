import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { convertModelFile } from "../../src/convert/index.ts";
import type { Entity } from "../../src/index.node.ts";
import type { KernelPath } from "../../src/wasm/kernel-path.ts";
import { withBrowserPage } from "./browser-page.ts";
import { BUN, isThere, NODE_20, NODE_22 } from "./engines.ts";
import { findFirefox, withFirefox } from "./firefox.ts";
import { type PageOptions, startPageServer } from "./page-server.ts";
import { WAYBILL_MODEL } from "./sample.ts";

/** Engines differ in the last bits of floats; integers are exact. */
const SCORE_TOLERANCE = 1e-4;
/**
 * Relaxed multiply-add may round once, as here, or twice, as in JavaScriptCore. Floats then differ by more than this, and
 * an input that lies between two integers may be rounded to the other one.
 */
const SAME_ROUNDING = 1e-12;
const OTHER_ROUNDING_TOLERANCE = 5e-3;
/** What an engine gets to start, to load three models on two paths, and to end. */
const TIME_LIMIT = 45_000;

const STORAGES = ["f16", "int8", "int4"] as const;
type Storage = (typeof STORAGES)[number];
type Found = Readonly<Record<Storage, { readonly alone: Entity[][]; readonly batch: Entity[][] }>>;
interface Conformance {
  /** Null where the engine refuses the path's instructions. */
  readonly paths: Readonly<Record<KernelPath, Found | null>>;
  readonly team: {
    readonly kernels: KernelPath;
    readonly threads: number;
    readonly threadsReason: string | null;
    readonly batch: Entity[][];
  };
  readonly failure?: string;
}

interface ExpectedRow {
  readonly text: string;
  /** Type, and start and end in characters; all of them are of one UTF-16 unit in these rows. */
  readonly entities: readonly [type: string, start: number, end: number][];
}

const here = (name: string) => new URL(name, import.meta.url);
const fixture = here("../fixtures/waybill-made-up/expected.json");
const rows: readonly ExpectedRow[] = JSON.parse(readFileSync(fixture, "utf8")).slice(0, 20);
const texts = rows.map(({ text }) => text);

const spans = (found: readonly Entity[][]) =>
  found.map((entities) => entities.map(({ entity_group, start, end }) => [entity_group, start, end]));

describe("the built library gives the same everywhere:", () => {
  let folder: string;
  let models: Record<Storage, string>;
  let request: string;
  let reference: Conformance;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
    models = { f16: WAYBILL_MODEL, int8: join(folder, "int8"), int4: join(folder, "int4") };
    for (const dtype of ["int8", "int4"] as const) {
      await convertModelFile(WAYBILL_MODEL, models[dtype], { dtype });
    }
    request = join(folder, "request.json");
    await writeFile(request, JSON.stringify({ models, texts }));
    reference = await runProgram(process.execPath);
  });
  after(() => rm(folder, { recursive: true }));

  /** Runs the program, which has to end by itself. */
  async function runProgram(program: string): Promise<Conformance> {
    const script = fileURLToPath(here("conformance-program.js"));
    const { stdout } = await promisify(execFile)(program, [script, request], {
      maxBuffer: 2 ** 26,
      timeout: TIME_LIMIT,
    });
    return JSON.parse(stdout);
  }

  /** A cross-origin isolated page that runs the program, and what it posts. */
  function conformancePage(): { options: PageOptions; posted: Promise<Conformance> } {
    let post!: { resolve(result: Conformance): void; reject(error: Error): void };
    const posted = new Promise<Conformance>((resolve, reject) => {
      post = { resolve, reject };
    });
    const script = (name: string): RequestListener => {
      return async (_, response) => {
        response.setHeader("content-type", "text/javascript").end(await readFile(here(name)));
      };
    };
    const routes: Record<string, RequestListener> = {
      "/conformance.js": script("conformance.js"),
      "/conformance-page.js": script("conformance-page.js"),
      "/request": (_, response) => {
        const urls = Object.fromEntries(STORAGES.map((storage) => [storage, `/${storage}`]));
        response.end(JSON.stringify({ models: urls, texts }));
      },
      "/result": async (request, response) => {
        const result = await body(request);
        response.end();
        if (result.failure === undefined) post.resolve(result);
        else post.reject(new Error(result.failure));
      },
    };
    for (const storage of STORAGES) {
      routes[`/${storage}`] = async (_, response) => response.end(await readFile(models[storage]));
    }
    setTimeout(() => post.reject(new Error("the page has posted nothing")), TIME_LIMIT).unref();
    posted.catch(() => {}); // it may come when nobody waits for it any more
    return { options: { routes, isolated: true, script: "/conformance-page.js" }, posted };
  }

  /** Holds an engine against PyTorch, and against Node 24. */
  function check(t: TestContext, { paths, team }: Conformance, expected: readonly KernelPath[]): void {
    const accepted = (Object.keys(paths) as KernelPath[]).filter((path) => paths[path] !== null);
    t.diagnostic(`accepts ${accepted.join(" and ")}; with ${team.threads} threads it chose ${team.kernels}`);
    for (const path of expected) assert.ok(accepted.includes(path), `${path} is accepted`);
    for (const path of accepted) {
      const [found, foundHere] = [paths[path]!, reference.paths[path]!];
      assert.deepEqual(
        spans(found.f16.alone),
        rows.map(({ entities }) => entities),
        `${path}, f16`,
      );
      const differences = {} as Record<Storage, number>;
      for (const storage of STORAGES) {
        const [{ alone, batch }, what] = [found[storage], `${path}, ${storage}`];
        assert.deepEqual(batch, alone, `${what}: the batch`);
        assert.deepEqual(spans(alone), spans(foundHere[storage].alone), what);
        const scores = foundHere[storage].alone.flat().map(({ score }) => score);
        differences[storage] = Math.max(...alone.flat().map(({ score }, i) => Math.abs(score - scores[i]!)));
      }
      const { f16, int8, int4 } = differences;
      const what = `${path}: scores differ from Node 24's by ${f16} in f16, ${int8} in int8, ${int4} in int4`;
      t.diagnostic(what);
      assert.ok(f16 <= SCORE_TOLERANCE, what);
      const tolerance = f16 <= SAME_ROUNDING ? SCORE_TOLERANCE : OTHER_ROUNDING_TOLERANCE;
      assert.ok(Math.max(int8, int4) <= tolerance, what);
    }
    assert.deepEqual([team.threads, team.threadsReason], [2, null]);
    assert.equal(team.kernels, accepted[0], "the best path is chosen");
    assert.deepEqual(team.batch, paths[team.kernels]!.f16.batch, "two threads are as one, to the last bit");
  }

  test("this Node", (t) => check(t, reference, ["relaxed", "simd"]));

  test("Node 22", async (t) => {
    if (!isThere(t, "Node 22", NODE_22.program)) return;
    check(t, await runProgram(NODE_22.program), ["relaxed", "simd"]);
  });

  test("Node 20, which has no relaxed SIMD", async (t) => {
    if (!isThere(t, "Node 20", NODE_20.program)) return;
    const result = await runProgram(NODE_20.program);
    assert.equal(result.paths.relaxed, null);
    check(t, result, ["simd"]);
  });

  test("Bun, with JavaScriptCore", async (t) => {
    if (isThere(t, "Bun", BUN.program)) check(t, await runProgram(BUN.program), ["simd"]);
  });

  test("Chromium", async (t) => {
    const { options, posted } = conformancePage();
    await withBrowserPage(t, options, async ({ problems }) => {
      check(t, await posted, ["relaxed", "simd"]);
      assert.deepEqual(problems, []);
    });
  });

  test("Firefox", async (t) => {
    const program = findFirefox();
    if (!isThere(t, "Firefox", program)) return;
    const { options, posted } = conformancePage();
    const server = await startPageServer(options);
    try {
      check(t, await withFirefox(program, server.origin, posted), ["simd"]);
    } finally {
      server.close();
    }
  });
});

async function body(request: IncomingMessage): Promise<Conformance> {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}
