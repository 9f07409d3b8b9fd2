/// <reference path="../../examples/browser-extension/src/chrome.d.ts" />
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assertFound, EXAMPLE, markedWords } from "./extension-harness.ts";
import type { Popup } from "./extension-popup.ts";
import { ExtensionSuite, mark, NOTICE, press, WORDS } from "./extension-suite.ts";

const STEPS = Array.from(
  readFileSync(`${EXAMPLE}README.md`, "utf8").matchAll(/^\d+\. (.*)$/gm),
  ([, step]) => step!,
);
const WAYBILL_MODEL = fileURLToPath(new URL("../../weights/waybill-zh.safetensors", import.meta.url));

// A test whose name is a step of the README is that step's.
describe("examples/browser-extension in Chromium", { timeout: 300_000 }, () => {
  const suite = new ExtensionSuite();

  suite.inChromium(
    "“Mark the page” marks the persons, phones, addresses and organisations of the page.",
    async (t) => {
      const page = await suite.browser.open({ body: NOTICE });
      const html = await page.evaluate(() => document.body.outerHTML);
      const popup = await suite.browser.openPopup(page);
      t.diagnostic(await mark(popup));
      const words = await markedWords(page);
      assertFound(words, [...WORDS, "李明", "010-62345678"]);
      assert.equal(Object.values(words).flat().length, 6);
      assert.equal(Object.keys(words).length, 4, "each type has a colour of its own");
      assert.equal(await page.evaluate(() => document.body.outerHTML), html, "the page itself is untouched");
    },
  );

  suite.inChromium("Where text is selected, only that is marked.", async () => {
    const page = await suite.browser.open({ body: NOTICE });
    await page.evaluate(() => getSelection()!.selectAllChildren(document.querySelector("table")!));
    const popup = await suite.browser.openPopup(page);
    await mark(popup);
    assert.deepEqual(
      Object.values(await markedWords(page))
        .flat()
        .sort(),
      ["010-62345678", "李明"],
    );
  });

  suite.inChromium("A mark that the pointer is on shows its type and how sure the model is.", async () => {
    const page = await suite.browser.open({ body: NOTICE });
    await mark(await suite.browser.openPopup(page));
    const box = await page.evaluate(() => {
      const text = document.querySelector("#first")!.firstChild!;
      const range = document.createRange();
      range.setStart(text, 3);
      range.setEnd(text, 6);
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    });
    await page.mouse.move(box.x, box.y);
    const label = page.locator("electra-edge-label[data-shown]");
    await label.waitFor({ state: "attached" });
    assert.match((await label.textContent())!, /^Person · \d+ %$/);
    await page.mouse.move(600, 600);
    await page.locator("electra-edge-label:not([data-shown])").waitFor({ state: "attached" });
  });

  suite.inChromium("The popup lists what was found; choosing a line brings the page there.", async () => {
    const page = await suite.browser.open({ body: `${"<p>没有</p>".repeat(100)}${NOTICE}` });
    const popup = await suite.browser.openPopup(page);
    await mark(popup);
    const listed = await popup.evaluate<string[]>(
      "Array.from(document.querySelectorAll('#entities .word'), (word) => word.textContent)",
    );
    assert.deepEqual(listed, [...WORDS, "李明", "010-62345678"], "in the page's order");
    await popup.click("#entities li:nth-child(5) button");
    await page.waitForFunction(() => CSS.highlights.has("electra-edge-current"));
    assert.deepEqual((await markedWords(page))["electra-edge-current"], ["李明"]);
    const top = await page.evaluate(() => document.querySelector("#second")!.getBoundingClientRect().top);
    assert.ok(top > 0 && top < 720, `${top}`);
  });

  suite.inChromium(
    "A type that is switched off is neither marked nor redacted, in any page, until it is switched on again.",
    async () => {
      const page = await suite.browser.open({ body: NOTICE });
      const switchPhones = (popup: Popup) =>
        popup.evaluate(`Array.from(document.querySelectorAll("#types label"))
          .find((label) => label.textContent.includes("Phone")).querySelector("input").click() ?? null`);
      const popup = await suite.browser.openPopup(page);
      await mark(popup);
      const { size } = new Set(Object.keys(await markedWords(page)));
      await switchPhones(popup);
      await page.waitForFunction((size) => CSS.highlights.size === size - 1, size);
      await press(popup, "#redact", "Copied");
      assert.match(await suite.browser.clipboard(), /请联系\[Person 1\]，电话13800001234，地址\[Address 1\]/);

      const other = await suite.browser.open({ body: NOTICE });
      const otherPopup = await suite.browser.openPopup(other);
      await mark(otherPopup);
      assert.ok(
        !Object.values(await markedWords(other))
          .flat()
          .includes("13800001234"),
      );
      await switchPhones(otherPopup);
      await other.waitForFunction((size) => CSS.highlights.size === size, size);
      await page.waitForFunction((size) => CSS.highlights.size === size, size);
    },
  );

  suite.inChromium(
    "“Copy redacted” puts the text onto the clipboard, each name and number replaced by its type and a number.",
    async () => {
      const page = await suite.browser.open({ body: `${NOTICE}<p>收件人：李明，收件人：欧阳倩。</p>` });
      const popup = await suite.browser.openPopup(page);
      assert.match(await press(popup, "#redact", "Copied"), /replaced/);
      assert.deepEqual((await suite.browser.clipboard()).split("\n").slice(0, 5), [
        "通知",
        "请联系[Person 1]，电话[Phone 1]，地址[Address 1]，",
        "[Organisation 1]。",
        "收件人：[Person 2] 电话： [Phone 2]",
        "收件人：[Person 2]，收件人：[Person 1]。",
      ]);
    },
  );

  suite.inChromium("“Clear” takes all marks away.", async () => {
    const page = await suite.browser.open({ body: NOTICE });
    const popup = await suite.browser.openPopup(page);
    await mark(popup);
    await press(popup, "#clear", "cleared");
    assert.deepEqual(await markedWords(page), {});
  });

  suite.inChromium(
    "The shortcut for the next mark goes from mark to mark and says which it is.",
    async () => {
      const page = await suite.browser.open({ body: NOTICE });
      await mark(await suite.browser.openPopup(page));
      await page.bringToFront();
      const worker = await suite.browser.serviceWorker();
      const status = page.locator("electra-edge-status");
      for (const said of ["Person 欧阳倩, 1 of 6", "Phone 13800001234, 2 of 6"]) {
        // What Chromium does when the keys are pressed; no test can press keys of the browser's own.
        await worker.evaluate(async () => {
          const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
          const { onCommand } = chrome.commands as unknown as {
            onCommand: { dispatch(command: string, tab: unknown): void };
          };
          onCommand.dispatch("next", tab);
        });
        await page.waitForFunction(
          (said) => document.querySelector("electra-edge-status")!.textContent === said,
          said,
        );
      }
      assert.equal(await status.getAttribute("role"), "status");
      assert.equal(await page.evaluate(() => getSelection()!.anchorNode!.parentElement!.id), "first");
    },
  );

  suite.inChromium("The options take a model file of yours, which marks its own types.", async () => {
    const options = await suite.browser.context.newPage();
    await options.goto(`chrome-extension://${suite.browser.id}/options.html`);
    await options.setInputFiles("#file", {
      name: "no-model.safetensors",
      mimeType: "",
      buffer: Buffer.from("no"),
    });
    await options.waitForFunction(() =>
      document.querySelector("#status")!.textContent!.startsWith("Failed:"),
    );
    assert.equal(
      await options.textContent("#model"),
      "contacts-zh (built in)",
      "what is no model is refused",
    );
    await options.setInputFiles("#file", WAYBILL_MODEL);
    await options.waitForFunction(
      () => document.querySelector("#status")!.textContent === "The model is ready.",
    );
    assert.equal(await options.textContent("#model"), "waybill-zh.safetensors");

    const page = await suite.browser.open({ body: "<p>张三18600009172广东省深圳市南山区八马路</p>" });
    const popup = await suite.browser.openPopup(page);
    await mark(popup);
    assert.equal(
      await popup.evaluate("document.querySelector('#model').textContent"),
      "waybill-zh.safetensors",
    );
    assertFound(await markedWords(page), ["张三", "18600009172", "广东省", "深圳市"]);

    await options.bringToFront();
    await options.click("#bundled");
    await options.waitForFunction(() => document.querySelector("#model")!.textContent!.includes("built in"));
    await options.close();
  });

  it("does every step of its README", () => {
    assert.deepEqual(STEPS, suite.tried.slice(0, STEPS.length));
  });
});
