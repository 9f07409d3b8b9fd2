import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type LoadProgress, pipeline } from "../../src/index.node.ts";
import { randomModel } from "../model/random-model.ts";
import { chunked, modelBytes } from "./loading.ts";

describe("onProgress", () => {
  test("counts up to the file's size, known from its header alone, in about a hundred steps", async () => {
    const config = { intermediate_size: 40_000, max_position_embeddings: 512 };
    const large = randomModel({ config });
    for (const source of [large, chunked(1000, large).stream, new Response(large)]) {
      const told: LoadProgress[] = [];
      await pipeline("token-classification", source, { onProgress: (progress) => told.push(progress) });
      assert.ok(told.every(({ total }) => total === large.length));
      assert.ok(told.length > 10 && told.length <= 102, `${told.length} calls`);
      assert.ok(told[0]!.loaded < large.length / 10);
      assert.equal(told.at(-1)!.loaded, large.length);
      assert.deepEqual(
        told,
        told.toSorted((a, b) => a.loaded - b.loaded),
      );
      assert.equal(new Set(told.map(({ loaded }) => loaded)).size, told.length);
    }
  });

  test("is silent once loading has settled, well or not", async () => {
    for (const source of [
      modelBytes,
      chunked(500, modelBytes.subarray(0, -10)).stream,
      chunked(500).stream,
    ]) {
      let [calls, settled] = [0, false];
      const onProgress = () => {
        assert.ok(!settled);
        calls++;
      };
      await pipeline("token-classification", source, { onProgress }).catch(() => {});
      settled = true;
      const soFar = calls;
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(calls, soFar);
      assert.ok(calls > 0);
    }
  });

  test("rejects loading with what it throws, and the source is let go of", async () => {
    const error = new Error("no room on the screen");
    for (const at of [1, 5]) {
      let calls = 0;
      const source = chunked(100);
      const onProgress = () => {
        if (++calls === at) throw error;
      };
      const loading = pipeline("token-classification", source.stream, { onProgress });
      await assert.rejects(loading, (thrown) => thrown === error);
      assert.equal(calls, at);
      assert.notEqual(source.cancelled, undefined);
    }
  });

  test("must be a function", async () => {
    const onProgress = "yes" as never;
    await assert.rejects(pipeline("token-classification", modelBytes, { onProgress }), {
      code: "bad-option",
      message: /onProgress must be a function/,
    });
  });
});
