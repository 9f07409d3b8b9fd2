import assert from "node:assert/strict";
import type { CDPSession } from "playwright-core";

/** A page's script gives nothing else back. */
type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain };

/** The popup over a tab, which Playwright has no page for: a target of its own, spoken to in Chromium's protocol. */
export class Popup {
  readonly #browser: CDPSession;
  readonly #session: string;
  readonly #answers = new Map<number, (message: { result?: never; error?: { message: string } }) => void>();
  #count = 0;

  private constructor(browser: CDPSession, session: string) {
    this.#browser = browser;
    this.#session = session;
    browser.on("Target.receivedMessageFromTarget", ({ sessionId, message }) => {
      if (sessionId !== session) return;
      const answer = JSON.parse(message);
      this.#answers.get(answer.id)?.(answer);
    });
  }

  /** Once it shows its shortcuts, the popup is ready. */
  static async attach(browser: CDPSession, targetId: string): Promise<Popup> {
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: false });
    const popup = new Popup(browser, sessionId);
    await popup.until(`Array.from(document.querySelectorAll("kbd")).some((key) => key.textContent !== "")`);
    return popup;
  }

  async send<Result>(method: string, params: object = {}): Promise<Result> {
    const id = ++this.#count;
    const answered = new Promise<{ result?: Result; error?: { message: string } }>((resolve) =>
      this.#answers.set(id, resolve as never),
    );
    const message = JSON.stringify({ id, method, params });
    await this.#browser.send("Target.sendMessageToTarget", { sessionId: this.#session, message });
    const { result, error } = await answered;
    assert.equal(error, undefined, `${method}: ${error?.message}`);
    return result!;
  }

  async evaluate<Result extends Plain>(script: string): Promise<Result> {
    const { result, exceptionDetails } = await this.send<{
      result: { value: Result };
      exceptionDetails?: { exception: { description: string } };
    }>("Runtime.evaluate", {
      expression: script,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    assert.equal(exceptionDetails, undefined, exceptionDetails?.exception.description);
    return result.value;
  }

  click(selector: string): Promise<null> {
    return this.evaluate(`document.querySelector(${JSON.stringify(selector)}).click() ?? null`);
  }

  /** Waits until an expression is true; what is being loaded is no failure. */
  async until(expression: string): Promise<void> {
    await this.evaluate(`new Promise((resolve) => {
      const look = () => (${expression}) ? resolve(true) : setTimeout(look, 20);
      look();
    })`);
  }

  async press(key: string, code: number): Promise<void> {
    for (const type of ["rawKeyDown", "keyUp"]) {
      await this.send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: code });
    }
  }

  async screenshot(): Promise<Buffer> {
    const { data } = await this.send<{ data: string }>("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data, "base64");
  }
}
