/** What the user has chosen, kept by the browser. */
export interface Settings {
  /** Types that are neither marked nor redacted. */
  readonly hidden: readonly string[];
}

const DEFAULTS: Settings = { hidden: [] };

export const readSettings = (): Promise<Settings> => chrome.storage.local.get(DEFAULTS);

export const writeSettings = (settings: Settings): Promise<void> => chrome.storage.local.set(settings);
