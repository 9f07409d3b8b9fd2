import type { Order } from "./messages.ts";

let latest: Promise<unknown> = Promise.resolve();

/**
 * Has a tab's content script do something, and puts the script there first if it isn't yet. Orders arrive as they were given,
 * also where the first has to wait for the script.
 *
 * @throws where Chrome lets no extension in: its own pages, the Web Store
 */
export function order(tab: number, what: Order): Promise<void> {
  const delivered = latest.then(() => deliver(tab, what));
  latest = delivered.catch(() => undefined);
  return delivered;
}

async function deliver(tab: number, what: Order): Promise<void> {
  try {
    await chrome.tabs.sendMessage(tab, what);
  } catch {
    const target = { tabId: tab };
    await chrome.scripting.insertCSS({ target, files: ["marks.css"] });
    await chrome.scripting.executeScript({ target, files: ["content.js"] });
    await chrome.tabs.sendMessage(tab, what);
  }
}
