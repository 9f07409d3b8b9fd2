import type { Order } from "./messages.ts";

/**
 * Has a tab's content script do something, and puts the script there first if it isn't yet.
 *
 * @throws where Chrome lets no extension in: its own pages, the Web Store
 */
export async function order(tab: number, what: Order): Promise<void> {
  try {
    await chrome.tabs.sendMessage(tab, what);
  } catch {
    const target = { tabId: tab };
    await chrome.scripting.insertCSS({ target, files: ["marks.css"] });
    await chrome.scripting.executeScript({ target, files: ["content.js"] });
    await chrome.tabs.sendMessage(tab, what);
  }
}
