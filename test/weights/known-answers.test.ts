import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openModelFile } from "../../src/convert/checkpoint.ts";
import { type KernelPath, pipeline } from "../../src/index.node.ts";
import { fail, succeed } from "../cli/electra-edge.ts";

const SHIPPED = globSync(fileURLToPath(new URL("../../weights/*.safetensors", import.meta.url)));
const PATHS: readonly KernelPath[] = ["simd", "relaxed"];
/** What activations of seven bits may cost a shipped model, at the most. */
const RELAXED = 1 / 16;

describe("shipped weights", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-answers-"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const path of SHIPPED) {
    test(`${basename(path)} gives its known answer on every path, and on threads`, async () => {
      const { file, close } = await openModelFile(path);
      await close();
      for (const kernels of PATHS) {
        for (const threads of [1, 2]) {
          const loaded = await pipeline(file.metadata.task, path, { check: true, kernels, threads });
          loaded.dispose();
          for (const { part, difference } of loaded.checked!) {
            assert.ok(
              difference < RELAXED,
              `${kernels}, ${threads} thread(s): ${part} differs by ${difference}`,
            );
          }
        }
      }
    });
  }

  test("answer to evaluate --check, also where a weight has been damaged", async () => {
    const [path] = SHIPPED;
    const { passed } = JSON.parse(await succeed(["evaluate", path!, "--check", "--json"]));
    assert.equal(passed, true);
    const bytes = await readFile(path!);
    // A sixtieth of the last layer's last matrix, in int8: a file that loads, and hardly seems to be worse.
    bytes.fill(0, bytes.length - 4096);
    const damaged = join(folder, "damaged.safetensors");
    await writeFile(damaged, bytes);
    for (const kernels of PATHS) {
      await fail(
        ["evaluate", damaged, "--check", "--kernels", kernels],
        /damaged\.safetensors: known answer: on \w+ kernels "hidden" differs by /,
      );
    }
  });
});
