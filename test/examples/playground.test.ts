import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { TEXTS } from "../../examples/playground/src/texts.ts";
import { pipeline } from "../../src/index.node.ts";
import {
  COMMANDS,
  type Playground,
  SOFTWARE_GPU,
  startPlayground,
  withPlayground,
} from "./playground-page.ts";

const root = new URL("../../", import.meta.url);
const pathOf = (file: string) => fileURLToPath(new URL(file, root));
/** In milliseconds. */
const PATIENCE = 60_000;
/** For what builds and trains, on machines that do other work beside. */
const LONG = { timeout: 600_000 };
const PHONE = { width: 360, height: 740 };

const textsOf = (page: Page, selector: string) => page.locator(selector).allTextContents();

/** Waits for something to become true, asking outside of the page, whose security policy allows no eval. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + PATIENCE; !(await holds()); await setTimeout(20)) {
    assert.ok(performance.now() < end, `waited for ${holds}`);
  }
}
const untilCount = (page: Page, selector: string, count: number) =>
  until(async () => (await page.locator(selector).count()) === count);
const untilText = (page: Page, selector: string, text: RegExp) =>
  until(async () => text.test((await page.textContent(selector)) ?? ""));

async function trainFor(page: Page, steps: number): Promise<number[]> {
  await page.click("#train");
  await page.waitForFunction((steps) => document.querySelectorAll("#losses tr").length >= steps, steps, {
    polling: 100,
    timeout: 400_000,
  });
  await page.click("#stop");
  await page.waitForSelector("#training-result:not([hidden])", { timeout: 120_000 });
  const losses = await page
    .locator("#losses td:nth-child(2)")
    .evaluateAll((cells) => cells.map((cell) => Number(cell.textContent)));
  return losses.slice(0, steps);
}

describe("the playground", { timeout: 1_800_000 }, () => {
  let playground: Playground;
  before(async () => {
    playground = await startPlayground();
  }, LONG);
  after(() => playground.close());

  it("is built and served by npm run playground as its README says", () => {
    const { scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
    assert.equal(scripts.playground, ["npm run -s build", ...COMMANDS.split("\n")].join(" && "));
  });

  it("is served isolated, and nothing beside it", async () => {
    const get = (path: string, method = "GET") => fetch(new URL(path, playground.address), { method });
    const page = await get("");
    assert.equal(page.status, 200);
    assert.equal(page.headers.get("cross-origin-opener-policy"), "same-origin");
    assert.equal(page.headers.get("cross-origin-embedder-policy"), "require-corp");
    for (const path of ["nothing", "models/", "%2e%2e/js/package.json", "..%2f..%2fkernels.ts", "%00", "%"]) {
      assert.equal((await get(path)).status, 404, path);
    }
    assert.equal((await get("", "POST")).status, 405);
    const head = await get("models/waybill-zh.safetensors", "HEAD");
    assert.equal(head.headers.get("content-type"), "application/octet-stream");
  });

  it("tags as one types, by two models, in a worker", async (t) => {
    await withPlayground(t, playground, {}, async (page, problems) => {
      await page.fill("#text", "");
      await untilCount(page, "#found div", 0);
      await page.locator("#text").pressSequentially("李雷13900001234浙江省杭州市");
      await untilCount(page, "#found div", 4);
      assert.deepEqual(await textsOf(page, "#found .word"), ["李雷", "13900001234", "浙江省", "杭州市"]);
      assert.deepEqual(await textsOf(page, "#found .type"), ["Person", "Telephone", "Province", "City"]);
      assert.match((await page.textContent("#time-per-token"))!, /^[\d.,]+ µs$/);
      assert.equal(await page.textContent("#tokens"), "21");
      await page.selectOption("#model", "contacts-zh");
      await page.fill("#text", "联系人王小明，电话13900001234。");
      await untilCount(page, "#found div", 2);
      assert.deepEqual(await textsOf(page, "#found .word"), ["王小明", "13900001234"]);
      const script = await (await fetch(new URL("main.js", playground.address))).text();
      assert.doesNotMatch(script, /electra-edge\/\w+\.js/, "the page itself runs no model");
      assert.ok(page.workers().some((worker) => worker.url().endsWith("/inference-worker.js")));
      assert.deepEqual(problems, []);
    });
  });

  it("draws the lattice, and computes it anew under what is held", async (t) => {
    await withPlayground(t, playground, {}, async (page, problems) => {
      await page.locator("#section-lattice").scrollIntoViewIfNeeded();
      await page.click("#ambiguous");
      await untilCount(page, "#lattice .character", 32);
      const labels = await textsOf(page, "#lattice-labels .type");
      assert.equal(labels.length, 13);
      assert.equal(await page.locator("#lattice path.reading").count(), 5);
      const shares = await textsOf(page, "#readings .share");
      assert.deepEqual(
        shares.map(Number.parseFloat),
        shares.map(Number.parseFloat).sort((a, b) => b - a),
      );
      const best = () => page.locator("#readings li").first().locator("mark").allTextContents();
      assert.deepEqual((await best()).slice(0, 2), ["海南", "王小明"]);

      // 海 begins a person, says who clicks there.
      const row = labels.indexOf("P-B");
      await page.locator("#lattice svg").click({ position: { x: 17, y: 34 + (row + 0.5) * 26 } });
      await page.waitForSelector("#lattice .pin");
      const color = await page.locator("#readings li mark").first().getAttribute("title");
      assert.equal(color, "Person");

      await page.click("#unpin");
      await untilCount(page, "#lattice .pin", 0);
      await page.selectOption("#pin-token", "2");
      await page.selectOption("#pin-label", "A1-I");
      await page.click("#pin");
      await page.waitForSelector("#lattice .pin");
      assert.deepEqual((await best())[0], "海南王");
      assert.deepEqual(problems, []);
    });
  });

  it("shades replaced characters, and lets the generator swap one", async (t) => {
    await withPlayground(t, playground, {}, async (page, problems) => {
      await page.locator("#section-replaced").scrollIntoViewIfNeeded();
      await page.waitForSelector("#suspects li");
      assert.equal((await textsOf(page, "#suspects .word"))[0], "却");
      assert.deepEqual(await textsOf(page, "#replaced .suspicious"), ["却"]);
      await page.fill("#threshold", "0.9");
      assert.equal(await page.locator("#replaced .suspicious").count(), 0);

      const original = [...(await page.inputValue("#replaced-text"))];
      await page.click("#replace");
      await page.waitForSelector("#replaced .tricked");
      const changed = [...(await page.inputValue("#replaced-text"))].filter((it, i) => it !== original[i]);
      assert.equal(changed.length, 1);
      assert.deepEqual(await textsOf(page, "#replaced .tricked"), changed);
      assert.match((await page.textContent("#trick"))!, new RegExp(`The generator wrote ${changed[0]} for`));
      assert.deepEqual(problems, []);
    });
  });

  it("draws what each head looks at", async (t) => {
    await withPlayground(t, playground, {}, async (page, problems) => {
      await page.locator("#section-attention").scrollIntoViewIfNeeded();
      await untilCount(page, "#heads button", 16);
      const pictures = await page
        .locator("#heads canvas")
        .evaluateAll((all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
      assert.equal(new Set(pictures).size, 16, "no head is like another");
      await page.click("#heads button[aria-label='Layer 3, head 2']");
      assert.equal(await page.textContent("#head-name"), "Layer 3, head 2");
      await page.locator("#attention-text .token").nth(3).click();
      const tokens = await textsOf(page, "#attention-text .token");
      assert.match((await page.textContent("#attention-words"))!, new RegExp(`^“${tokens[3]}” looks at`));
      assert.equal(await page.locator("#attention-text .token[aria-pressed=true]").count(), 1);
      assert.deepEqual(problems, []);
    });
  });

  it("trains on the processor to an F1 of 0.8, runs what came of it, and hands it out", LONG, async (t) => {
    await withPlayground(t, playground, { acceptDownloads: true }, async (page, problems) => {
      const begun = performance.now();
      await page.click("#train");
      await page.waitForSelector("#training-result:not([hidden])", { timeout: 300_000 });
      t.diagnostic(`trained in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
      const f1 = Number(await page.textContent("#result-f1"));
      t.diagnostic(`dev F1 ${f1}`);
      assert.ok(f1 >= 0.8, `F1 ${f1}`);
      assert.match(
        (await page.textContent("#training-device"))!,
        /finds no GPU here.*in WebAssembly instead/,
      );
      assert.equal(await page.textContent("#data-size"), "320 to learn from, 80 to judge by, 13 labels");
      assert.equal(await page.locator("#scores tr").count(), 12);
      assert.equal(await page.locator("#curves svg path").count(), 2);

      assert.equal(await page.inputValue("#model"), "own");
      await page.fill("#text", "张三18600009172广东省深圳市");
      await untilText(page, "#tokens", /^21$/);
      const found = await textsOf(page, "#found .word");
      assert.ok(found.includes("18600009172") && found.includes("广东省"), found.join());

      await page.locator("#section-attention").scrollIntoViewIfNeeded();
      await untilCount(page, "#heads button", 8);

      const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
      const tag = await pipeline("token-classification", (await download.path())!, { kernels: "simd" });
      const words = (await tag("张三18600009172广东省深圳市")).map(({ word }) => word);
      assert.deepEqual(words, found);
      tag.dispose();
      assert.deepEqual(problems, []);
    });
  });

  it("trains on a visitor's file, and says where one can't be read", LONG, async (t) => {
    await withPlayground(t, playground, {}, async (page, problems) => {
      await page.selectOption("#device", "wasm");
      await page.setInputFiles("#data-file", pathOf("test/fixtures/waybill-made-up/dev.txt"));
      assert.match((await page.textContent("#data-name"))!, /^dev\.txt \(67\.4 kB\)$/);
      await page.fill("#epochs", "1");
      await page.click("#train");
      await page.waitForSelector("#training-result:not([hidden])");
      assert.equal(await page.textContent("#data-size"), "160 to learn from, 40 to judge by, 13 labels");
      assert.match((await page.textContent("#training-device"))!, /train on the processor/);

      const buffer = Buffer.from("text_a\tlabel\n一\u0002二\tO\n");
      await page.setInputFiles("#data-file", { name: "mine.txt", mimeType: "text/plain", buffer });
      await page.click("#train");
      await untilText(page, "#training-status", /^Training ended/);
      assert.match((await page.textContent("#training-status"))!, /mine\.txt:2/);
      assert.ok(await page.isEnabled("#train"));
      await page.click("#clear-file");
      assert.equal(await page.textContent("#data-name"), "400 made-up waybills");
      assert.deepEqual(problems, []);
    });
  });

  it("trains on a GPU, and loses what the processor loses", LONG, async (t) => {
    const steps = 20;
    const losses: number[][] = [];
    for (const device of ["webgpu", "wasm"]) {
      await withPlayground(t, playground, { flags: SOFTWARE_GPU }, async (page, problems) => {
        await page.selectOption("#device", device);
        losses.push(await trainFor(page, steps));
        const trained = await page.textContent("#training-device");
        assert.match(trained!, device === "webgpu" ? /on the GPU by WebGPU/ : /on the processor/);
        assert.deepEqual(problems, []);
      });
    }
    const [gpu, processor] = losses;
    if (gpu === undefined) return;
    assert.equal(gpu.length, steps);
    for (const [step, loss] of gpu.entries()) {
      const expected = processor![step]!;
      assert.ok(Math.abs(loss / expected - 1) < 1e-3, `step ${step + 1}: ${loss}, not ${expected}`);
    }
  });

  it("measures the machine", async (t) => {
    await withPlayground(t, playground, {}, async (page, problems) => {
      await page.click("#measure");
      await until(() => page.isEnabled("#measure"));
      const rates = await textsOf(page, "#measurements td:nth-child(3)");
      assert.ok(rates.length >= 2, rates.join());
      for (const rate of rates) assert.ok(Number(rate.replaceAll(",", "")) > 0, rate);
      assert.deepEqual(problems, []);
    });
  });

  describe("for everybody", LONG, () => {
    const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", root), "utf8");
    for (const [colorScheme, locale, viewport] of [
      ["light", "en-US", { width: 1200, height: 900 }],
      ["dark", "zh-CN", { width: 1200, height: 900 }],
      ["light", "zh-CN", PHONE],
      ["dark", "en-US", PHONE],
    ] as const) {
      it(`has no barrier: ${colorScheme}, ${locale}, ${viewport.width} pixels`, LONG, async (t) => {
        await withPlayground(t, playground, { colorScheme, locale, viewport }, async (page) => {
          await page.setInputFiles("#data-file", pathOf("test/fixtures/waybill-made-up/dev.txt"));
          await page.fill("#epochs", "1");
          await page.click("#train");
          await page.waitForSelector("#training-result:not([hidden])");
          for (const section of ["lattice", "replaced", "attention", "bench"]) {
            await page.locator(`#section-${section}`).scrollIntoViewIfNeeded();
          }
          await page.waitForSelector("#suspects li");
          await page.waitForSelector("#lattice .node");
          await page.waitForSelector("#heads button");
          await page.click("#curves summary");
          await page.click("#measure");
          await page.waitForSelector("#measurements tr");

          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(wide <= 0, `${wide} pixels too wide`);
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() =>
            (globalThis as unknown as { axe: typeof import("axe-core") }).axe.run(),
          );
          const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
          assert.deepEqual(
            serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
            [],
          );
        });
      });
    }

    it("speaks two languages in two themes, and remembers which", async (t) => {
      await withPlayground(
        t,
        playground,
        { locale: "en-US", colorScheme: "light" },
        async (page, problems) => {
          assert.equal(await page.getAttribute("html", "lang"), "en");
          await page.click("#language");
          await page.click("#theme");
          for (const visit of ["first", "second"]) {
            assert.equal(await page.getAttribute("html", "lang"), "zh-CN", visit);
            assert.equal(await page.title(), TEXTS.zh.title);
            assert.equal(await page.getAttribute("#theme", "aria-pressed"), "true");
            assert.deepEqual((await textsOf(page, "#found .type")).slice(0, 2), ["姓名", "电话"]);
            await page.reload();
            await page.waitForSelector("#found div");
          }
          assert.deepEqual(problems, []);
        },
      );
    });

    it("has every text in both languages, with the same blanks to fill", () => {
      const html = readFileSync(new URL("examples/playground/index.html", root), "utf8");
      for (const [, key] of html.matchAll(/data-(?:text|label)="([^"]+)"/g)) {
        assert.ok(Object.hasOwn(TEXTS.en, key!), key);
      }
      const blanks = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
      for (const [key, text] of Object.entries(TEXTS.en)) {
        assert.deepEqual(blanks(TEXTS.zh[key as keyof typeof TEXTS.zh]), blanks(text), key);
      }
    });
  });
});
