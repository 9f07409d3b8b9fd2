import assert from "node:assert/strict";
import { describe } from "node:test";
import { assertFound, markedWords, STRICT_POLICY } from "./extension-harness.ts";
import { longPage, watchPage } from "./extension-page.ts";
import { ExtensionSuite, mark, NOTICE, press, said, WORDS } from "./extension-suite.ts";

/** Chrome's own measure of a task that blocks, in milliseconds. */
const LONG_TASK = 50;

describe("examples/browser-extension, whatever pages, users and Chromium do,", { timeout: 300_000 }, () => {
  const suite = new ExtensionSuite();

  suite.inChromium("works under the strictest policy, of which nothing is violated", async () => {
    const page = await suite.browser.open({
      body: NOTICE.replace(' style="display: none"', " hidden"),
      policy: STRICT_POLICY,
    });
    const violations: string[] = [];
    page.on("console", (message) => violations.push(message.text()));
    const popup = await suite.browser.openPopup(page);
    violations.length = 0; // those of the page itself
    await mark(popup);
    assertFound(await markedWords(page), WORDS);
    const color = await page.evaluate(
      () =>
        getComputedStyle(document.querySelector("#first")!, "::highlight(electra-edge-0)").backgroundColor,
    );
    assert.match(color, /^oklch/, "the style of the marks is there");
    await press(popup, "#redact", "Copied");
    assert.match(await suite.browser.clipboard(), /\[Phone 1\]/);
    assert.deepEqual(violations, []);
  });

  suite.inChromium(
    "goes on where the service worker and the offscreen document are killed, at rest and at work",
    async (t) => {
      const page = await suite.browser.open({ body: longPage(8000) });
      const popup = await suite.browser.openPopup(page);
      await mark(popup);
      const expected = await markedWords(page);
      const kill = (...what: string[]) =>
        suite.browser.kill((url) => what.some((name) => url.endsWith(name)));

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

  suite.inChromium(
    "marks a page of 20,000 characters, what is in sight first, and never blocks it",
    async (t) => {
      const page = await suite.browser.open({ body: longPage(20_000) });
      const popup = await suite.browser.openPopup(page);
      await mark(popup); // the model is warm from here on
      await press(popup, "#clear", "cleared");
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
      const watched = await watchPage(page);
      const longest = await suite.browser.longestTask(() => mark(popup));
      const { first, all, longTasks } = await watched.stop();
      t.diagnostic(
        `${all.marks} marks in ${all.milliseconds.toFixed(0)} ms, the first ${first.marks} after ` +
          `${first.milliseconds.toFixed(0)} ms; longest task: ${longest.toFixed(1)} ms of CPU; ${longTasks} long by the clock`,
      );
      assert.ok(first.marks > 0 && first.marks < all.marks / 2);
      assert.equal(first.inSight, first.marks, "the first ones are in sight");
      assert.ok(longest <= LONG_TASK, `a task of ${longest} ms`);
    },
  );

  suite.inChromium("marks what a page that changes meanwhile has kept", async () => {
    const page = await suite.browser.open({ body: `${longPage(4000)}${NOTICE}` });
    const popup = await suite.browser.openPopup(page);
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

  suite.inChromium("copies nothing of what another order has ended", async () => {
    const notice = await suite.browser.open({ body: NOTICE });
    await press(await suite.browser.openPopup(notice), "#redact", "Copied");
    const before = await suite.browser.clipboard();
    const page = await suite.browser.open({ body: longPage(20_000) });
    const popup = await suite.browser.openPopup(page);
    for (const wait of [0, 30, 200]) {
      await popup.click("#redact");
      await page.waitForTimeout(wait);
      await mark(popup);
    }
    const marked = Object.values(await markedWords(page)).flat().length;
    assert.match(await said(popup), new RegExp(`^${marked} marked in 20000`));
    assert.equal(await suite.browser.clipboard(), before);
  });

  suite.inChromium("shows a popup that is opened again what the page knows", async () => {
    const page = await suite.browser.open({ body: NOTICE });
    await mark(await suite.browser.openPopup(page));
    await suite.browser.kill((url) => /(service-worker\.js|offscreen\.html|popup\.html)$/.test(url));
    const popup = await suite.browser.openPopup(page);
    await popup.until("document.querySelectorAll('#entities li').length === 6");
    assert.match(await said(popup), /^6 marked in/);
  });

  suite.inChromium("says where Chrome lets no extension in", async () => {
    const page = await suite.browser.context.newPage();
    await page.goto("chrome://version/");
    const popup = await suite.browser.openPopup(page);
    assert.match(await press(popup, "#mark", "lets no extension"), /Chrome lets no extension into this page/);
  });

  suite.inChromium("can be used by keyboard and screen reader", async () => {
    const page = await suite.browser.open({ body: NOTICE });
    const popup = await suite.browser.openPopup(page);
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

  suite.inChromium("speaks Chinese where the browser does", async () => {
    const chinese = await suite.launch({ language: "zh-CN" });
    try {
      const page = await chinese.open({ body: NOTICE });
      const popup = await chinese.openPopup(page);
      assert.equal(await popup.evaluate("document.querySelector('#mark span').textContent"), "标记本页");
      assert.equal(await popup.evaluate("document.documentElement.lang"), "zh-CN");
      await press(popup, "#redact", "已复制");
      assert.match(await chinese.clipboard(), /请联系\[人名 1\]，电话\[电话 1\]，地址\[地址 1\]/);
    } finally {
      await chinese.close();
    }
  });
});
