import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { pipeline, type TokenClassificationPipeline } from "../../src/index.node.ts";
import { random } from "../random.ts";
import { randomModel } from "./random-model.ts";

/** ELECTRA-small's shape (Clark et al. 2020, appendix A) with the words of an English BERT. */
const SMALL = {
  vocab_size: 30_522,
  embedding_size: 128,
  hidden_size: 256,
  num_hidden_layers: 12,
  num_attention_heads: 4,
  intermediate_size: 1024,
  max_position_embeddings: 512,
};

const LOAD_AND_MEASURE = fileURLToPath(new URL("./load-and-measure.ts", import.meta.url));

describe("memory", () => {
  test("stays the same over a thousand texts of changing length", async () => {
    const config = { max_position_embeddings: 512, num_hidden_layers: 1 };
    const tag = await pipeline("token-classification", randomModel({ config }));
    const next = random(1000);
    const text = () => "张三 abc 省市".repeat(60).slice(0, Math.floor(next() ** 3 * 480));
    for (let i = 0; i < 10; i++) await tag(text());
    const after10 = tag.memoryBytes;
    for (let i = 10; i < 1000; i++) await tag(text());
    assert.equal(tag.memoryBytes, after10);
    await tag("a".repeat(510));
    assert.equal(tag.memoryBytes, after10, "the longest text needs no more either");
  });

  test("is given back by dispose, also where the pipeline is kept", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage: () => void = runInNewContext("gc");
    const model = randomModel({ config: { max_position_embeddings: 4096, intermediate_size: 512 } });
    const kept: TokenClassificationPipeline[] = [];
    const useAndDispose = async (): Promise<number> => {
      const tag = await pipeline("token-classification", model);
      await tag("abc");
      const bytes = tag.memoryBytes;
      tag.dispose();
      kept.push(tag);
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
      return bytes;
    };
    const bytes = await useAndDispose();
    const afterOne = process.memoryUsage().external;
    for (let i = 0; i < 8; i++) await useAndDispose();
    const growth = process.memoryUsage().external - afterOne;
    assert.ok(growth < 2 * bytes, `${kept.length} models of ${bytes} bytes left ${growth} behind`);
  });

  test("peaks while loading at no more than the packed weights and 10 MB: the file is never held", async () => {
    const folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
    try {
      const path = join(folder, "small.safetensors");
      await writeFile(path, randomModel({ config: SMALL }));
      const { stdout } = await promisify(execFile)(process.execPath, [LOAD_AND_MEASURE, path]);
      const { growth, machine } = JSON.parse(stdout) as Record<string, number>;
      assert.ok(growth! <= machine! + 10e6, `grew by ${growth} bytes for a machine of ${machine}`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
