import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PLACES = [
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
  "/Applications/Firefox.app/Contents/MacOS/firefox",
];

/** The Firefox that tests start: FIREFOX_PATH, or the first one in a usual place. */
export function findFirefox(): string | undefined {
  return [process.env["FIREFOX_PATH"], ...PLACES].find((path) => path !== undefined && existsSync(path));
}

/** Whatever is not on loopback goes to a proxy that isn't there; the rest keeps Firefox from trying, or from asking. */
const PREFERENCES = {
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": 9,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": 9,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.prefetch-next": false,
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.aboutwelcome.enabled": false,
  "browser.region.network.url": "",
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.healthreport.uploadEnabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "dom.push.connection.enabled": false,
  "extensions.update.enabled": false,
  "media.gmp-manager.updateEnabled": false,
  "services.settings.server": "data:,nothing",
  "startup.homepage_welcome_url": "about:blank",
  "toolkit.telemetry.enabled": false,
  "toolkit.telemetry.server": "",
};

/**
 * Opens a page in a Firefox of its own, with a new profile, until `done` is settled.
 *
 * @throws {Error} where Firefox ends before that
 */
export async function withFirefox<T>(program: string, url: string, done: Promise<T>): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), "electra-edge-firefox-"));
  const preferences = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  await writeFile(join(profile, "user.js"), preferences.join(""));
  const firefox = spawn(program, ["--headless", "--no-remote", "--profile", profile, url], {
    stdio: "ignore",
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    firefox.on("exit", resolve).on("error", reject);
  });
  try {
    const early = ended.then((code): never => {
      throw new Error(`Firefox ended with code ${code} before the page was done`);
    });
    return await Promise.race([done, early]);
  } finally {
    firefox.kill();
    await ended.catch(() => {});
    await rm(profile, { recursive: true, maxRetries: 5 });
  }
}
