import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { isUnfinished } from "../../src/convert/atomic-write.ts";
import { electraEdge, HEADS, MODEL, succeed } from "../cli/electra-edge.ts";
import { BACKWARD_CLOCK, faultyDisk, noFileBeyond, readOnlyFolder, WRITING } from "./faults.ts";

const CHECKPOINT = join(HEADS, "token-classification");

/** What writes a model in another form, and a file of what it writes. */
const COMMANDS = {
  convert: { args: ["convert", CHECKPOINT], output: "model.safetensors" },
  "export to ONNX": { args: ["export", MODEL, "--format", "onnx"], output: "model.onnx" },
} as const;

describe("conversion", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-faults-"));
  });
  after(() => rm(folder, { recursive: true }));

  const at = (...names: string[]) => join(folder, ...names);
  const OLD = "what was there before";

  for (const [name, { args, output }] of Object.entries(COMMANDS)) {
    const file = () => at(output);
    const overwrite = () => [...args, "-o", file(), "--force"];
    let whole: Buffer;

    it(`${name}: a clock that goes backwards changes nothing`, async () => {
      await succeed(overwrite());
      whole = await readFile(file());
      await succeed(overwrite(), BACKWARD_CLOCK);
      assert.ok(whole.equals(await readFile(file())));
    });

    for (const operation of WRITING) {
      it(`${name}: killed at ${operation} it leaves what was there, and can be done again`, async () => {
        await writeFile(file(), OLD);
        const { code } = await electraEdge(overwrite(), faultyDisk("KILL", operation, output));
        assert.equal(code, null);
        assert.equal(await readFile(file(), "utf8"), OLD);
        const others = (await readdir(folder)).filter((name) => name !== output);
        assert.ok(others.length === 1 && isUnfinished(others[0]!), `${others}`);
        await rm(at(others[0]!));
        await succeed(overwrite());
        assert.ok(whole.equals(await readFile(file())));
      });

      it(`${name}: a disk that is full at ${operation} is named, and leaves what was there`, async () => {
        await writeFile(file(), OLD);
        const outcome = await electraEdge(overwrite(), faultyDisk("ENOSPC", operation, output));
        assert.equal(outcome.code, 1);
        assert.match(outcome.stderr, new RegExp(`^electra-edge: .*${output}: ENOSPC: .*\\n$`));
        assert.equal(await readFile(file(), "utf8"), OLD);
        assert.deepEqual(await readdir(folder), [output]);
        await rm(file());
      });
    }

    it(`${name}: where the system lets no file grow, nothing is left`, async () => {
      const outcome = await electraEdge(overwrite(), noFileBeyond(2));
      assert.equal(outcome.code, 1);
      assert.match(outcome.stderr, new RegExp(`${output}: EFBIG`));
      assert.deepEqual(await readdir(folder), []);
    });

    it(`${name}: a folder that can't be written to is named`, async (t) => {
      const readOnly = at("read-only");
      const conditions = await readOnlyFolder(readOnly);
      const usable = await electraEdge(["inspect", MODEL], conditions);
      if (usable.code !== 0) t.skip("whoever may not write there may not read this project either");
      else {
        const outcome = await electraEdge([...args, "-o", join(readOnly, output)], conditions);
        assert.equal(outcome.code, 1);
        assert.match(outcome.stderr, new RegExp(`^electra-edge: .*${output}: EACCES: .*\\n$`));
        assert.deepEqual(await readdir(readOnly), []);
      }
      await rm(readOnly, { recursive: true });
    });
  }

  it("export to a folder: killed anywhere it leaves the old files, none, or the new ones", async () => {
    const output = at("directory");
    const overwrite = ["export", MODEL, "--format", "huggingface", "-o", output, "--force"];
    const contentOf = async () => {
      const names = await readdir(output).catch(() => []);
      return new Map(
        await Promise.all(
          names.toSorted().map(async (name) => [name, await readFile(join(output, name), "base64")] as const),
        ),
      );
    };
    await succeed(overwrite);
    const fresh = await contentOf();
    const old = new Map(Array.from(fresh.keys(), (name) => [name, Buffer.from(OLD).toString("base64")]));
    const seen = new Set<string>();
    // Each file is renamed once; then the old folder, to make place, and the new one, into it.
    for (const [file, nth] of [
      ...Array.from(fresh.keys(), (name) => [name, 1] as const),
      ...([1, 2] as const).map((nth) => ["directory", nth] as const),
    ]) {
      await rm(output, { recursive: true, force: true });
      await succeed(overwrite);
      for (const name of fresh.keys()) await writeFile(join(output, name), OLD);
      const { code } = await electraEdge(overwrite, faultyDisk("KILL", "rename", file, nth));
      assert.equal(code, null, file);
      const left = await contentOf();
      const state =
        left.size === 0 ? "none" : left.get("config.json") === fresh.get("config.json") ? "new" : "old";
      seen.add(state);
      if (state !== "none") assert.deepEqual(left, state === "new" ? fresh : old);
      await succeed(overwrite);
      assert.deepEqual(await contentOf(), fresh);
    }
    assert.deepEqual(seen, new Set(["old", "none"]));
  });

  it("a checkpoint that was cut off on its way here is refused, wherever it ends", async () => {
    const source = at("checkpoint");
    await succeed(["export", MODEL, "--format", "huggingface", "-o", source]);
    const weights = join(source, "model.safetensors");
    const { length } = await readFile(weights);
    for (const bytes of [length - 1, Math.floor(length / 2), 1000, 9, 7, 0]) {
      await truncate(weights, bytes);
      const outcome = await electraEdge(["convert", source, "-o", at("cut.safetensors")]);
      assert.equal(outcome.code, 1, `${bytes} bytes`);
      assert.match(outcome.stderr, /^electra-edge: .*model\.safetensors: /);
      assert.ok(!(await readdir(folder)).some((name) => name.includes("cut.safetensors")));
    }
  });
});
