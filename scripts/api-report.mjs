// `npm run api`: the package's public types, one report an entry, beside those that are committed. It fails where they differ,
// so that no change of them goes unseen; `--write` takes what is built as the new ones. Reads dist/types.
import { mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";

const ENTRIES = {
  index: "index.node.d.ts",
  convert: "convert/index.d.ts",
  train: "train.node.d.ts",
};

const { values: options } = parseArgs({ options: { write: { type: "boolean", default: false } } });
const reportFolder = resolve("test/release/api");
const reportTempFolder = resolve("build/api");
mkdirSync(reportFolder, { recursive: true });

for (const [reportFileName, entry] of Object.entries(ENTRIES)) {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: resolve("."),
      mainEntryPointFilePath: resolve("dist/types/src", entry),
      apiReport: { enabled: true, reportFileName, reportFolder, reportTempFolder },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      compiler: {
        overrideTsconfig: {
          compilerOptions: { target: "es2022", module: "nodenext", types: ["node"], strict: true },
          files: [resolve("dist/types/src", entry)],
        },
      },
      messages: {
        extractorMessageReporting: { default: { logLevel: "none" } },
        compilerMessageReporting: { default: { logLevel: "none" } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: resolve("package.json"),
  });
  const { apiReportChanged, errorCount } = Extractor.invoke(config, {
    localBuild: options.write,
    messageCallback: (message) => {
      message.handled = message.logLevel !== "error";
    },
  });
  if (errorCount > 0 || (apiReportChanged && !options.write)) {
    const report = `test/release/api/${reportFileName}.api.md`;
    console.error(
      `the public types of ${entry} differ from ${report}: see build/api, then npm run api -- --write`,
    );
    process.exitCode = 1;
  }
}
if (process.exitCode !== 1) rmSync(reportTempFolder, { recursive: true, force: true });
