// Holds no state: Chrome stops it after half a minute of rest, and starts it again with the next event.
import type { Envelope, Order } from "./messages.ts";
import { order } from "./tab.ts";

const DOCUMENT = "offscreen.html";

let creating: Promise<void> | undefined;

/** There may be one offscreen document; questions that come together wait for the same. */
async function ensureDocument(): Promise<void> {
  const open = await chrome.runtime.getContexts({ contextTypes: ["OFFSCREEN_DOCUMENT"] });
  if (open.length > 0) return;
  creating ??= chrome.offscreen
    .createDocument({
      url: DOCUMENT,
      reasons: ["WORKERS", "CLIPBOARD"],
      justification: "Runs the model in threads, and copies the redacted text.",
    })
    .finally(() => {
      creating = undefined;
    });
  await creating;
}

async function passOn({ question }: Envelope): Promise<unknown> {
  await ensureDocument();
  const envelope: Envelope = { to: "offscreen", question };
  return chrome.runtime.sendMessage(envelope);
}

chrome.runtime.onMessage.addListener((envelope: Envelope, _sender, respond) => {
  if (envelope.to !== "service-worker") return false;
  // Without an answer whoever asked asks again.
  passOn(envelope).then(respond, () => respond(undefined));
  return true;
});

function orderTab(name: string, tab: chrome.tabs.Tab | undefined): void {
  if (tab?.id === undefined) return;
  order(tab.id, name as Order).catch((error: unknown) => console.warn(String(error)));
}

chrome.commands.onCommand.addListener(orderTab);
chrome.contextMenus.onClicked.addListener(({ menuItemId }, tab) => orderTab(menuItemId, tab));

chrome.runtime.onInstalled.addListener(async () => {
  await chrome.contextMenus.removeAll();
  const contexts = ["page", "selection"] as const;
  for (const id of ["mark", "redact"] as const) {
    chrome.contextMenus.create({ id, title: chrome.i18n.getMessage(`menu_${id}`), contexts });
  }
});
