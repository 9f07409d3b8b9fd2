/// <reference path="../../examples/browser-extension/src/chrome.d.ts" />
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { findChromium } from "../runtimes/chromium.ts";
import { isThere } from "../runtimes/engines.ts";
import {
  assertFound,
  buildExtension,
  EXAMPLE,
  ExtensionBrowser,
  type LaunchOptions,
  markedWords,
  STRICT_POLICY,
} from "./extension-harness.ts";
import { longPage, watchPage } from "./extension-page.ts";
import type { Popup } from "./extension-popup.ts";

const WORDS = ["欧阳倩", "13800001234", "杭州市西湖区文三路18号", "云帆科技有限公司"];
/** With a number in two nodes, white space that the page collapses, and what nobody sees. */
const NOTICE = `
  <h1>通知</h1>
  <p id="first">请联系欧阳倩，电话138<b>0000</b>1234，地址杭州市西湖区文三路18号，<br>云帆科技有限公司。</p>
  <table><tr><td id="second">收件人：李明</td><td>\n      电话：   010-62345678</td></tr></table>
  <p style="display: none">请联系王小明，电话13900001234。</p><script>"请联系王小明"</script>`;
const STEPS = Array.from(
  readFileSync(`${EXAMPLE}README.md`, "utf8").matchAll(/^\d+\. (.*)$/gm),
  ([, step]) => step!,
);
const WAYBILL_MODEL = fileURLToPath(new URL("../../weights/waybill-zh.safetensors", import.meta.url));
/** Chrome's own measure of a task that blocks, in milliseconds. */
const LONG_TASK = 50;

describe("examples/browser-extension in Chromium", { timeout: 300_000 }, () => {
  const chromium = findChromium();
  let folder = "";
  let browser: ExtensionBrowser;
  const tried: string[] = [];

  before(async () => {
    if (chromium === undefined) return;
    folder = await mkdtemp(join(tmpdir(), "electra-edge-extension-"));
    await buildExtension(folder);
    browser = await ExtensionBrowser.launch(chromium, folder);
  });
  after(async () => {
    await browser?.close();
    if (folder !== "") await rm(folder, { recursive: true });
  });

  /** A test in Chromium; where its name is a step of the README, it is that step's. */
  function inChromium(name: string, run: (t: TestContext) => Promise<void>): void {
    tried.push(name);
    it(name, async (t) => {
      if (isThere(t, "Chromium", chromium)) await run(t);
    });
  }

  const said = (popup: Popup) => popup.evaluate<string>("document.querySelector('#status').textContent");

  async function press(popup: Popup, button: string, saying: string): Promise<string> {
    await popup.evaluate("document.querySelector('#status').textContent = ''");
    await popup.click(button);
    const status = "document.querySelector('#status').textContent";
    await popup.until(`${status}.includes(${JSON.stringify(saying)}) || ${status}.includes("ailed")`);
    return said(popup);
  }

  const mark = (popup: Popup) => press(popup, "#mark", "marked in");

  async function clipboard(by = browser): Promise<string> {
    const page = await by.open({ body: "" });
    await by.context.grantPermissions(["clipboard-read"]);
    const text = await page.evaluate(() => navigator.clipboard.readText());
    await page.close();
    return text;
  }

  inChromium(
    "“Mark the page” marks the persons, phones, addresses and organisations of the page.",
    async (t) => {
      const page = await browser.open({ body: NOTICE });
      const html = await page.evaluate(() => document.body.outerHTML);
      const popup = await browser.openPopup(page);
      t.diagnostic(await mark(popup));
      const words = await markedWords(page);
      assertFound(words, [...WORDS, "李明", "010-62345678"]);
      assert.equal(Object.values(words).flat().length, 6);
      assert.equal(Object.keys(words).length, 4, "each type has a colour of its own");
      assert.equal(await page.evaluate(() => document.body.outerHTML), html, "the page itself is untouched");
    },
  );

  inChromium("Where text is selected, only that is marked.", async () => {
    const page = await browser.open({ body: NOTICE });
    await page.evaluate(() => getSelection()!.selectAllChildren(document.querySelector("table")!));
    const popup = await browser.openPopup(page);
    await mark(popup);
    assert.deepEqual(
      Object.values(await markedWords(page))
        .flat()
        .sort(),
      ["010-62345678", "李明"],
    );
  });

  inChromium("A mark that the pointer is on shows its type and how sure the model is.", async () => {
    const page = await browser.open({ body: NOTICE });
    await mark(await browser.openPopup(page));
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

  inChromium("The popup lists what was found; choosing a line brings the page there.", async () => {
    const page = await browser.open({ body: `${"<p>没有</p>".repeat(100)}${NOTICE}` });
    const popup = await browser.openPopup(page);
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

  inChromium(
    "A type that is switched off is neither marked nor redacted, in any page, until it is switched on again.",
    async () => {
      const page = await browser.open({ body: NOTICE });
      const switchPhones = (popup: Popup) =>
        popup.evaluate(`Array.from(document.querySelectorAll("#types label"))
          .find((label) => label.textContent.includes("Phone")).querySelector("input").click() ?? null`);
      const popup = await browser.openPopup(page);
      await mark(popup);
      const { size } = new Set(Object.keys(await markedWords(page)));
      await switchPhones(popup);
      await page.waitForFunction((size) => CSS.highlights.size === size - 1, size);
      await press(popup, "#redact", "Copied");
      assert.match(await clipboard(), /请联系\[Person 1\]，电话13800001234，地址\[Address 1\]/);

      const other = await browser.open({ body: NOTICE });
      const otherPopup = await browser.openPopup(other);
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

  inChromium(
    "“Copy redacted” puts the text onto the clipboard, each name and number replaced by its type and a number.",
    async () => {
      const page = await browser.open({ body: `${NOTICE}<p>收件人：李明，收件人：欧阳倩。</p>` });
      const popup = await browser.openPopup(page);
      assert.match(await press(popup, "#redact", "Copied"), /replaced/);
      assert.deepEqual((await clipboard()).split("\n").slice(0, 5), [
        "通知",
        "请联系[Person 1]，电话[Phone 1]，地址[Address 1]，",
        "[Organisation 1]。",
        "收件人：[Person 2] 电话： [Phone 2]",
        "收件人：[Person 2]，收件人：[Person 1]。",
      ]);
    },
  );

  inChromium("“Clear” takes all marks away.", async () => {
    const page = await browser.open({ body: NOTICE });
    const popup = await browser.openPopup(page);
    await mark(popup);
    await press(popup, "#clear", "cleared");
    assert.deepEqual(await markedWords(page), {});
  });

  inChromium("The shortcut for the next mark goes from mark to mark and says which it is.", async () => {
    const page = await browser.open({ body: NOTICE });
    await mark(await browser.openPopup(page));
    await page.bringToFront();
    const worker = await browser.serviceWorker();
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
  });

  inChromium("The options take a model file of yours, which marks its own types.", async () => {
    const options = await browser.context.newPage();
    await options.goto(`chrome-extension://${browser.id}/options.html`);
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

    const page = await browser.open({ body: "<p>张三18600009172广东省深圳市南山区八马路</p>" });
    const popup = await browser.openPopup(page);
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
    assert.deepEqual(STEPS, tried.slice(0, STEPS.length));
  });

  inChromium("works under the strictest policy, of which nothing is violated", async () => {
    const page = await browser.open({
      body: NOTICE.replace(' style="display: none"', " hidden"),
      policy: STRICT_POLICY,
    });
    const violations: string[] = [];
    page.on("console", (message) => violations.push(message.text()));
    const popup = await browser.openPopup(page);
    violations.length = 0; // those of the page itself
    await mark(popup);
    assertFound(await markedWords(page), WORDS);
    const color = await page.evaluate(
      () =>
        getComputedStyle(document.querySelector("#first")!, "::highlight(electra-edge-0)").backgroundColor,
    );
    assert.match(color, /^oklch/, "the style of the marks is there");
    await press(popup, "#redact", "Copied");
    assert.match(await clipboard(), /\[Phone 1\]/);
    assert.deepEqual(violations, []);
  });

  inChromium(
    "goes on where the service worker and the offscreen document are killed, at rest and at work",
    async (t) => {
      const page = await browser.open({ body: longPage(8000) });
      const popup = await browser.openPopup(page);
      await mark(popup);
      const expected = await markedWords(page);
      const kill = (...what: string[]) => browser.kill((url) => what.some((name) => url.endsWith(name)));

      assert.ok((await kill("service-worker.js")) > 0);
      await mark(popup);
      assert.deepEqual(await markedWords(page), expected, "after the worker's death");
      assert.ok((await kill("service-worker.js", "offscreen.html")) > 1);
      await mark(popup);
      assert.deepEqual(await markedWords(page), expected, "after the death of both");

      await popup.evaluate("document.querySelector('#status').textContent = ''");
      await popup.click("#mark");
      let killed = 0;
      for (let i = 0; i < 3; i++) {
        await page.waitForTimeout(60);
        killed += await kill("service-worker.js");
      }
      await popup.until("document.querySelector('#status').textContent !== ''");
      t.diagnostic(`killed ${killed} times at work: ${await said(popup)}`);
      assert.ok(killed > 0);
      assert.deepEqual(await markedWords(page), expected, "while it works");
    },
  );

  inChromium("marks a page of 20,000 characters, what is in sight first, and never blocks it", async (t) => {
    const page = await browser.open({ body: longPage(20_000) });
    const popup = await browser.openPopup(page);
    await mark(popup); // the model is warm from here on
    await press(popup, "#clear", "cleared");
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
    const watched = await watchPage(page);
    const longest = await browser.longestTask(() => mark(popup));
    const { first, all, longTasks } = await watched.stop();
    t.diagnostic(
      `${all.marks} marks in ${all.milliseconds.toFixed(0)} ms, the first ${first.marks} after ` +
        `${first.milliseconds.toFixed(0)} ms; longest task: ${longest.toFixed(1)} ms of CPU; ${longTasks} long by the clock`,
    );
    assert.ok(first.marks > 0 && first.marks < all.marks / 2);
    assert.equal(first.inSight, first.marks, "the first ones are in sight");
    assert.ok(longest <= LONG_TASK, `a task of ${longest} ms`);
  });

  inChromium("marks what a page that changes meanwhile has kept", async () => {
    const page = await browser.open({ body: `${longPage(4000)}${NOTICE}` });
    const popup = await browser.openPopup(page);
    await page.evaluate(() => {
      const paragraphs = Array.from(document.querySelectorAll("p:not(#first)"));
      const timer = setInterval(() => {
        const paragraph = paragraphs.pop();
        if (paragraph === undefined) clearInterval(timer);
        else if (paragraphs.length % 2 === 0) paragraph.remove();
        else paragraph.firstChild!.nodeValue = "改";
      }, 1);
    });
    await mark(popup);
    assertFound(await markedWords(page), WORDS);
    await press(popup, "#redact", "Copied");
  });

  inChromium("copies nothing of what another order has ended", async () => {
    const notice = await browser.open({ body: NOTICE });
    await press(await browser.openPopup(notice), "#redact", "Copied");
    const before = await clipboard();
    const page = await browser.open({ body: longPage(20_000) });
    const popup = await browser.openPopup(page);
    for (const wait of [0, 30, 200]) {
      await popup.click("#redact");
      await page.waitForTimeout(wait);
      await mark(popup);
    }
    const marked = Object.values(await markedWords(page)).flat().length;
    assert.match(await said(popup), new RegExp(`^${marked} marked in 20000`));
    assert.equal(await clipboard(), before);
  });

  inChromium("shows a popup that is opened again what the page knows", async () => {
    const page = await browser.open({ body: NOTICE });
    await mark(await browser.openPopup(page));
    await browser.kill((url) => /(service-worker\.js|offscreen\.html|popup\.html)$/.test(url));
    const popup = await browser.openPopup(page);
    await popup.until("document.querySelectorAll('#entities li').length === 6");
    assert.match(await said(popup), /^6 marked in/);
  });

  inChromium("says where Chrome lets no extension in", async () => {
    const page = await browser.context.newPage();
    await page.goto("chrome://version/");
    const popup = await browser.openPopup(page);
    assert.match(await press(popup, "#mark", "lets no extension"), /Chrome lets no extension into this page/);
  });

  inChromium("can be used by keyboard and screen reader", async () => {
    const page = await browser.open({ body: NOTICE });
    const popup = await browser.openPopup(page);
    await mark(popup);
    assert.equal(
      await popup.evaluate("document.querySelectorAll('kbd:not(:empty)').length"),
      2,
      "it shows its shortcuts",
    );
    await popup.evaluate("document.activeElement.blur()");
    const reached: string[] = [];
    for (let i = 0; i < 14; i++) {
      await popup.press("Tab", 9);
      const [name, outline] = await popup.evaluate<string[]>(`(() => {
        const element = document.activeElement;
        const outlined = element.closest("label") ?? element;
        return [element.id || outlined.textContent, getComputedStyle(outlined).outlineStyle];
      })()`);
      assert.equal(outline, "solid", `the focus on ${name} is visible`);
      reached.push(name!);
    }
    assert.deepEqual(reached.slice(0, 3), ["mark", "redact", "clear"]);
    for (const name of ["Person2", "欧阳倩Person", "options"])
      assert.ok(reached.includes(name), reached.join());

    const { nodes } = await popup.send<{
      nodes: {
        role?: { value: string };
        name?: { value: string };
        properties?: { name: string; value: { value: unknown } }[];
      }[];
    }>("Accessibility.getFullAXTree");
    for (const { role, name } of nodes) {
      if (["button", "checkbox", "list"].includes(role?.value ?? ""))
        assert.ok(name?.value, `a ${role!.value} has a name`);
    }
    const status = nodes.find(({ role }) => role?.value === "status");
    assert.equal(status?.properties?.find(({ name }) => name === "live")?.value.value, "polite");
  });

  inChromium("speaks Chinese where the browser does", async () => {
    const options: LaunchOptions = { language: "zh-CN" };
    const chinese = await ExtensionBrowser.launch(chromium!, folder, options);
    try {
      const page = await chinese.open({ body: NOTICE });
      const popup = await chinese.openPopup(page);
      assert.equal(await popup.evaluate("document.querySelector('#mark span').textContent"), "标记本页");
      assert.equal(await popup.evaluate("document.documentElement.lang"), "zh-CN");
      await press(popup, "#redact", "已复制");
      assert.match(await clipboard(chinese), /请联系\[人名 1\]，电话\[电话 1\]，地址\[地址 1\]/);
    } finally {
      await chinese.close();
    }
  });
});
