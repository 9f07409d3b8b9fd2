import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it, type TestContext } from "node:test";
import { findChromium } from "../runtimes/chromium.ts";
import { isThere } from "../runtimes/engines.ts";
import { buildExtension, ExtensionBrowser, type LaunchOptions } from "./extension-harness.ts";
import type { Popup } from "./extension-popup.ts";

export const WORDS = ["欧阳倩", "13800001234", "杭州市西湖区文三路18号", "云帆科技有限公司"];
/** With a number in two nodes, white space that the page collapses, and what nobody sees. */
export const NOTICE = `
  <h1>通知</h1>
  <p id="first">请联系欧阳倩，电话138<b>0000</b>1234，地址杭州市西湖区文三路18号，<br>云帆科技有限公司。</p>
  <table><tr><td id="second">收件人：李明</td><td>\n      电话：   010-62345678</td></tr></table>
  <p style="display: none">请联系王小明，电话13900001234。</p><script>"请联系王小明"</script>`;

/** The tests of the `describe` that this is made in, with a Chromium that has the extension: started before them, closed after. */
export class ExtensionSuite {
  /** The names of its tests. */
  readonly tried: string[] = [];
  readonly #chromium = findChromium();
  #folder = "";
  #browser: ExtensionBrowser | undefined;

  constructor() {
    before(async () => {
      if (this.#chromium === undefined) return;
      this.#folder = await mkdtemp(join(tmpdir(), "electra-edge-extension-"));
      await buildExtension(this.#folder);
      this.#browser = await this.launch();
    });
    after(async () => {
      await this.#browser?.close();
      if (this.#folder !== "") await rm(this.#folder, { recursive: true });
    });
  }

  get browser(): ExtensionBrowser {
    return this.#browser!;
  }

  /** One more Chromium with the extension. */
  launch(options?: LaunchOptions): Promise<ExtensionBrowser> {
    return ExtensionBrowser.launch(this.#chromium!, this.#folder, options);
  }

  inChromium(name: string, run: (t: TestContext) => Promise<void>): void {
    this.tried.push(name);
    it(name, async (t) => {
      if (isThere(t, "Chromium", this.#chromium)) await run(t);
    });
  }
}

export const said = (popup: Popup) => popup.evaluate<string>("document.querySelector('#status').textContent");

/** Presses a button of the popup, and waits until its status line says so or tells a failure. */
export async function press(popup: Popup, button: string, saying: string): Promise<string> {
  await popup.evaluate("document.querySelector('#status').textContent = ''");
  await popup.click(button);
  const status = "document.querySelector('#status').textContent";
  await popup.until(`${status}.includes(${JSON.stringify(saying)}) || ${status}.includes("ailed")`);
  return said(popup);
}

export const mark = (popup: Popup) => press(popup, "#mark", "marked in");
