import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { describe } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import type { Entity } from "../../src/index.node.ts";
import { CHROMIUM_FLAGS, findChromium } from "../runtimes/chromium.ts";
import { isThere } from "../runtimes/engines.ts";
import { BuiltWorker, MODEL, TEXTS, workerTest } from "./worker-harness.ts";
import { configuredOptions, EXAMPLE, miniflareResponse, uploadedModules } from "./workers-runtime.ts";

const TEXT = TEXTS[0]!;
const TOKEN = "a-made-up-token";
/** Bytes of JavaScript, kernels and page, gzipped one by one. */
const BUNDLE_LIMIT = 64 * 1024;
/** Engines differ in the last bits of floats. */
const SCORE_TOLERANCE = 1e-4;

describe("examples/cloudflare-worker in workerd", { timeout: 600_000 }, () => {
  const built = new BuiltWorker("wrangler.jsonc");

  /**
   * The Worker that was built.
   *
   * @param asset what stands for the static assets: the body's answer to a request for the model
   */
  async function startWorker(
    asset: () => Promise<BodyInit | null> = () => readFile(MODEL),
    secrets: object = {},
  ): Promise<{ origin: string; loads: () => number; stop(): Promise<void> }> {
    const { assets: _, ...options } = await configuredOptions("wrangler.jsonc");
    const Response = await miniflareResponse();
    let loads = 0;
    const miniflare = await built.start({
      ...options,
      modules: await uploadedModules(built.folder),
      bindings: { ...(options["bindings"] as object), ...secrets },
      serviceBindings: {
        ASSETS: async ({ url }: Request) => {
          assert.equal(new URL(url).pathname, "/waybill-zh.safetensors");
          loads++;
          const body = await asset();
          return new Response(body, { status: body === null ? 500 : 200 });
        },
      },
    });
    const { origin } = await miniflare.ready;
    return { origin, loads: () => loads, stop: () => built.stop(miniflare) };
  }

  const postText = (origin: string, text: string | Uint8Array<ArrayBuffer>, headers: object = {}) =>
    fetch(`${origin}/entities`, {
      method: "POST",
      headers: { "content-type": "text/plain; charset=utf-8", ...headers },
      body: text,
    });

  const postJson = (origin: string, body: unknown) =>
    fetch(`${origin}/entities`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  async function assertRefused(response: Response, status: number, code: string): Promise<string> {
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    assert.deepEqual([response.status, error.code], [status, code], error.message);
    assert.equal(response.headers.get("content-type"), "application/json");
    return error.message;
  }

  function assertSame(found: readonly Entity[][], wanted: readonly Entity[][]): void {
    const spans = (all: readonly Entity[][]) =>
      all.map((entities) => entities.map(({ score: _, ...span }) => span));
    assert.deepEqual(spans(found), spans(wanted));
    for (const [i, { score }] of found.flat().entries()) {
      assert.ok(Math.abs(score - wanted.flat()[i]!.score) <= SCORE_TOLERANCE);
    }
  }

  workerTest("is built without a network, and small", async (t) => {
    const modules = await uploadedModules(built.folder);
    const bytes = modules.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
    t.diagnostic(`${(bytes / 1024).toFixed(1)} KB gzipped in ${modules.length} modules`);
    assert.deepEqual(modules.map(({ type }) => type).sort(), [
      "CompiledWasm",
      "CompiledWasm",
      "ESModule",
      "Text",
    ]);
    assert.ok(bytes <= BUNDLE_LIMIT, `${bytes} bytes`);
  });

  workerTest("keeps to Workers' types", async () => {
    const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", EXAMPLE], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  });

  workerTest("gives what Node gives, from its own static assets, and keeps them to itself", async () => {
    const options = await configuredOptions("wrangler.jsonc");
    const directory = join(built.folder, "assets");
    await mkdir(directory, { recursive: true });
    await copyFile(MODEL, join(directory, "waybill-zh.safetensors"));
    const miniflare = await built.start({
      ...options,
      modules: await uploadedModules(built.folder),
      assets: { ...(options["assets"] as object), directory },
    });
    const { origin } = await miniflare.ready;
    const all = await postJson(origin, { inputs: TEXTS });
    assert.equal(all.status, 200);
    assertSame(await all.json(), built.expected);
    for (const [i, text] of TEXTS.slice(0, 3).entries()) {
      assertSame([await (await postText(origin, text)).json()], [built.expected[i]!]);
    }
    const one = await postJson(origin, { inputs: TEXT, parameters: { ignore_labels: ["P"] } });
    assertSame([await one.json()], [built.expected[0]!.filter(({ entity_group }) => entity_group !== "P")]);
    await assertRefused(await fetch(`${origin}/waybill-zh.safetensors`), 404, "not-found");
    await built.stop(miniflare);
  });

  workerTest("loads its model once for fifty first requests, and for all that follow", async () => {
    const worker = await startWorker(async () => {
      await delay(300); // so that all of them find it loading
      return readFile(MODEL);
    });
    const answers = await Promise.all(Array.from({ length: 50 }, () => postText(worker.origin, TEXT)));
    for (const answer of answers) {
      assert.equal(answer.status, 200);
      assertSame([await answer.json()], [built.expected[0]!]);
    }
    assert.equal((await postText(worker.origin, TEXT)).status, 200);
    assert.equal(worker.loads(), 1);
    await worker.stop();
  });

  workerTest("tries again after a load that failed", async () => {
    const whole = await readFile(MODEL);
    const bodies = [null, whole.subarray(0, 1_000_000), whole];
    const worker = await startWorker(async () => {
      await delay(300);
      return bodies.shift()!;
    });
    for (const loads of [1, 2]) {
      const refused = await Promise.all(Array.from({ length: 5 }, () => postText(worker.origin, TEXT)));
      for (const response of refused) {
        assert.equal(response.headers.get("retry-after"), "2");
        await assertRefused(response, 503, "model-unavailable");
      }
      assert.equal(worker.loads(), loads);
    }
    const answer = await postText(worker.origin, TEXT);
    assertSame([await answer.json()], [built.expected[0]!]);
    assert.equal(worker.loads(), 3);
    await worker.stop();
  });

  workerTest("goes on loading for the others when the first client hangs up", async () => {
    let ask!: () => void;
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const worker = await startWorker(async () => {
      ask();
      await delay(1500);
      return readFile(MODEL);
    });
    const first = httpRequest(`${worker.origin}/entities`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
    });
    first.on("error", () => {});
    first.end(TEXT);
    await asked;
    const others = Array.from({ length: 5 }, () => postText(worker.origin, TEXT));
    await delay(300);
    first.destroy();
    for (const answer of await Promise.all(others)) {
      assert.equal(answer.status, 200);
      assertSame([await answer.json()], [built.expected[0]!]);
    }
    assert.equal(worker.loads(), 1);
    await worker.stop();
  });

  workerTest("asks for the token where it has one", async () => {
    const worker = await startWorker(undefined, { API_TOKEN: TOKEN });
    const shown = (authorization?: string) =>
      postText(worker.origin, TEXT, authorization === undefined ? {} : { authorization });
    const wrong = [undefined, "Bearer", "Bearer ", `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, TOKEN];
    for (const authorization of [...wrong, `Basic ${TOKEN}`, `Bearer ${TOKEN} more`]) {
      const response = await shown(authorization);
      assert.equal(response.headers.get("www-authenticate"), "Bearer");
      await assertRefused(response, 401, "unauthorized");
    }
    assert.equal(worker.loads(), 0, "nobody has made it load");
    for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`]) {
      assert.equal((await shown(authorization)).status, 200);
    }
    assert.equal((await fetch(worker.origin)).status, 200, "the page is for everybody");
    await worker.stop();

    const closed = await startWorker(undefined, { API_TOKEN: "" });
    for (const headers of [{}, { authorization: "Bearer " }]) {
      await assertRefused(await postText(closed.origin, TEXT, headers), 401, "unauthorized");
    }
    await closed.stop();
  });

  workerTest("refuses what it can't take, and says why", async () => {
    const { origin, loads, stop } = await startWorker();
    const long = "长".repeat(2001);
    await assertRefused(await postText(origin, long), 413, "text-too-long");
    await assertRefused(await postJson(origin, { inputs: ["短", long] }), 413, "text-too-long");
    await assertRefused(await postJson(origin, { inputs: Array(65).fill("短") }), 413, "too-many-inputs");
    await assertRefused(await postText(origin, "a".repeat(65_537)), 413, "body-too-large");
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 100; i++) controller.enqueue(new Uint8Array(1000).fill(0x61));
        controller.close();
      },
    });
    const unmeasured: RequestInit & { duplex: "half" } = {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: chunks,
      duplex: "half",
    };
    await assertRefused(await fetch(`${origin}/entities`, unmeasured), 413, "body-too-large");
    await assertRefused(await postText(origin, Uint8Array.of(0xe5, 0xbc)), 400, "bad-request");

    const malformed = ["", "{", "null", "[]", '"张三"', "{}", '{"inputs":1}', '{"inputs":["a",null]}'];
    const unknown = ['{"inputs":"a","model":"b"}', '{"inputs":"a","parameters":{"n_best":9}}'];
    for (const body of [...malformed, ...unknown, '{"inputs":"a","parameters":[]}']) {
      const message = await assertRefused(await postJson(origin, body), 400, "bad-request");
      assert.ok(!message.includes("张三"), "what was sent isn't quoted");
    }
    assert.equal(loads(), 0, "nothing of that needed the model");
    await assertRefused(await postJson(origin, '{"inputs":"\\ud800"}'), 400, "lone-surrogate");
    const parameters = { aggregation_strategy: "loudest" };
    await assertRefused(await postJson(origin, { inputs: "a", parameters }), 400, "bad-option");
    await assertRefused(
      await postText(origin, TEXT, { "content-type": "text/html" }),
      415,
      "unsupported-type",
    );

    for (const [method, path, allow] of [
      ["GET", "/entities", "POST"],
      ["DELETE", "/entities", "POST"],
      ["POST", "/", "GET, HEAD"],
      ["GET", "/bulk", "POST"],
    ] as const) {
      const response = await fetch(`${origin}${path}`, { method });
      assert.equal(response.headers.get("allow"), allow);
      await assertRefused(response, 405, "method-not-allowed");
    }
    for (const path of ["/nothing", "/constructor", "/entities/"]) {
      await assertRefused(await fetch(`${origin}${path}`), 404, "not-found");
    }
    await assertRefused(await fetch(`${origin}/bulk`, { method: "POST" }), 401, "unauthorized");
    assert.deepEqual(await (await postJson(origin, { inputs: [] })).json(), []);
    assert.deepEqual(await (await postText(origin, "")).json(), []);
    assertSame([await (await postText(origin, TEXT)).json()], [built.expected[0]!]);
    await stop();
  });

  workerTest("has a page that shows what it finds, and asks nobody else", async (t) => {
    const executablePath = findChromium();
    if (!isThere(t, "Chromium", executablePath)) return;
    const worker = await startWorker(undefined, { API_TOKEN: TOKEN });
    const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
    try {
      for (const colorScheme of ["light", "dark"] as const) {
        const page = await browser.newPage({ viewport: { width: 390, height: 800 }, colorScheme });
        const requested: string[] = [];
        const problems: string[] = [];
        page.on("request", (request) => requested.push(request.url()));
        page.on("console", (message) => problems.push(message.text()));
        page.on("pageerror", (error) => problems.push(String(error)));
        const response = await page.goto(worker.origin);
        assert.match(
          response!.headers()["content-security-policy"]!,
          /^default-src 'none'; style-src 'nonce-/,
        );
        await page.getByLabel("Text").fill(TEXT);
        await page.getByLabel("Token").fill(TOKEN);
        await page.getByRole("button", { name: "Find entities" }).click();
        await page
          .getByRole("status")
          .filter({ hasText: /\d+ entit/ })
          .waitFor();
        const rows = await page.locator("tbody tr").allInnerTexts();
        const wanted = built.expected[0]!.map(({ entity_group, word, start, end }) =>
          [entity_group, word, start, end].join("\t"),
        );
        assert.deepEqual(
          rows.map((row) => row.split("\t").slice(0, 4).join("\t")),
          wanted,
        );
        assert.equal(await page.locator("#marked").innerText(), TEXT);
        const { wide, paper } = await page.evaluate(() => ({
          wide: document.documentElement.scrollWidth,
          paper: getComputedStyle(document.body).backgroundColor,
        }));
        assert.equal(wide, 390);
        assert.equal(paper, colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(23, 23, 26)");
        assert.deepEqual(problems, []);
        if (process.env["SCREENSHOTS"]) {
          await page.screenshot({ path: join(process.env["SCREENSHOTS"], `worker-${colorScheme}.png`) });
        }

        await page.getByLabel("Token").fill("wrong");
        await page.keyboard.press("Enter");
        await page.getByRole("status").filter({ hasText: "needs a token" }).waitFor();
        assert.equal(await page.locator("#found").isVisible(), false);
        for (const url of requested) assert.equal(new URL(url).origin, worker.origin);
        await page.close();
      }
    } finally {
      await browser.close();
      await worker.stop();
    }
  });
});
