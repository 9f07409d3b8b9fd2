import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { convertDirectory } from "../../src/convert/index.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { assertHead, headFolder } from "./expected.ts";
import { replacedTokenDetection } from "./heads.ts";

// The discriminator's weights exist as a torch pickle alone, which the converter turns into what the reference reads.
test("pretraining: the reference computes what PyTorch did", async () => {
  const folder = headFolder("pretraining");
  const place = await mkdtemp(join(tmpdir(), "electra-edge-"));
  try {
    const file = join(place, "model.safetensors");
    await convertDirectory(fileURLToPath(folder), file, { dtype: "f32" });
    const checkpoint = readCheckpoint(file);
    assert.ok(checkpoint.size > 0);
    assertHead(folder, checkpoint, replacedTokenDetection);
  } finally {
    await rm(place, { recursive: true });
  }
});
