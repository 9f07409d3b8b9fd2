import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { renderReport } from "../../src/report/page.ts";
import { CHROMIUM_FLAGS, findChromium } from "../runtimes/chromium.ts";
import { REPORT } from "./sample.ts";

const executablePath = findChromium();

describe("a report in a browser", {
  skip: executablePath === undefined && "no Chromium; set CHROMIUM_PATH",
}, () => {
  let folder: string;
  let browser: Browser;
  let address: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-report-page-"));
    const facts = [{ title: "Data", rows: [["file", `${"a-long-name/".repeat(20)}train.txt`]] as const }];
    const file = join(folder, "report.html");
    await writeFile(file, renderReport({ ...REPORT, facts }));
    address = pathToFileURL(file).href;
    browser = await chromium.launch({ executablePath: executablePath!, args: [...CHROMIUM_FLAGS] });
  });
  after(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [320, 390, 1200]) {
      it(`keeps to ${width} pixels, in ${colorScheme}, and asks for nothing`, async () => {
        const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
        const complaints: string[] = [];
        page.on("request", (request) => request.url() !== address && complaints.push(request.url()));
        page.on("console", (message) => complaints.push(message.text()));
        await page.goto(address);
        const { wide, ink, paper } = await page.evaluate(() => {
          const { color, backgroundColor } = getComputedStyle(document.body);
          return { wide: document.documentElement.scrollWidth, ink: color, paper: backgroundColor };
        });
        assert.deepEqual(complaints, []);
        assert.equal(wide, width);
        const lightness = (color: string) => Number(/oklch\(([\d.]+)/u.exec(color)![1]);
        assert.equal(lightness(ink) < lightness(paper), colorScheme === "light");
        await page.close();
      });
    }
  }
});
