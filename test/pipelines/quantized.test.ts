import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { markedTexts } from "../../src/cli/marked-entities.ts";
import { convertModelFile } from "../../src/convert/index.ts";
import { readDataset } from "../../src/data/index.ts";
import { pipeline, type TokenClassificationPipeline } from "../../src/index.node.ts";
import { EntityScorer } from "../../src/metrics/entity-scores.ts";
import { acceptsPath, KERNEL_PATHS } from "../../src/wasm/kernel-path.ts";
import { WAYBILL_MODEL } from "../runtimes/sample.ts";

const DATA_SETS = {
  "made-up waybills": fileURLToPath(new URL("../fixtures/waybill-made-up/dev.txt", import.meta.url)),
  "real waybills": fileURLToPath(new URL("../../../shared/data/waybill/dev.txt", import.meta.url)),
};

/** How far a storage's F1 may be from that of the floats, and how many labels may differ. */
const ALLOWED = { int8: { f1: 0.002, labels: 0.002 }, int4: { f1: 0.005, labels: 0.005 } } as const;

async function evaluate(tag: TokenClassificationPipeline, file: string) {
  const texts = markedTexts(await readDataset(file));
  const found = await tag(texts.map(({ text }) => text));
  const scorer = new EntityScorer();
  texts.forEach(({ entities }, i) => {
    scorer.add(
      entities,
      found[i]!.map(({ entity_group: type, start, end }) => ({ type, start, end })),
    );
  });
  const tokens = await tag(
    texts.map(({ text }) => text),
    { aggregation_strategy: "none", ignore_labels: [] },
  );
  return { f1: scorer.scores().f1, labels: tokens.flat().map(({ entity }) => entity) };
}

describe("a quantized model", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const dtype of ["int8", "int4"] as const) {
    test(`in ${dtype} finds on every path what the floats find`, async (t) => {
      const file = join(folder, `${dtype}.safetensors`);
      await convertModelFile(WAYBILL_MODEL, file, { dtype });
      for (const [name, data] of Object.entries(DATA_SETS)) {
        if (!existsSync(data)) {
          t.diagnostic(`${name} left out: ../shared/data is absent`);
          continue;
        }
        const floats = await evaluate(await pipeline("token-classification", WAYBILL_MODEL), data);
        for (const kernels of KERNEL_PATHS.filter(acceptsPath)) {
          const tag = await pipeline("token-classification", file, { kernels });
          const integers = await evaluate(tag, data);
          const different = integers.labels.filter((label, i) => label !== floats.labels[i]).length;
          const share = different / floats.labels.length;
          const what = `${name}, ${dtype}, ${kernels}: F1 ${integers.f1} beside ${floats.f1}, ${different} labels differ`;
          t.diagnostic(what);
          assert.ok(Math.abs(integers.f1 - floats.f1) <= ALLOWED[dtype].f1, what);
          assert.ok(share <= ALLOWED[dtype].labels, what);
          tag.dispose();
        }
      }
    });
  }
});
