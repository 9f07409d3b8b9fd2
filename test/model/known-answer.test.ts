// A model file's known answer: whatever computes wrongly, or was damaged, doesn't give it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { convertModelFile, DTYPES, type Storage } from "../../src/convert/index.ts";
import { pipeline } from "../../src/index.node.ts";
import { TASKS } from "../../src/model/config.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import { checkAnswer } from "../../src/model/known-answer.ts";
import { loadModel, readModelFile } from "../../src/model/load-model.ts";
import { KERNEL_PATHS, type KernelPath } from "../../src/wasm/kernel-path.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { wrongBinaries } from "../runtimes/wrong-binaries.ts";
import { type RandomModelOptions, randomModel } from "./random-model.ts";

const VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ..."abcdefghijklmnopqrstuvwxyz"];
const TOKENIZER = { vocab: VOCAB, mask_token: "[MASK]" };
const GRU = { hidden_size: 10, num_layers: 2 };

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
});
after(() => rm(folder, { recursive: true }));

/** A random model with its known answer. */
async function answered(options: RandomModelOptions, dtype: Storage): Promise<Uint8Array<ArrayBuffer>> {
  const [from, to] = [join(folder, "from"), join(folder, "to")];
  await writeFile(from, randomModel({ tokenizer: TOKENIZER, ...options }));
  await convertModelFile(from, to, { dtype });
  return new Uint8Array(await readFile(to));
}

/** Loads a file's model on a module of the kernels and runs its known answer. */
async function check(bytes: Uint8Array, module: WebAssembly.Module, path: KernelPath = "simd") {
  const { metadata } = await readModelFile(new MemoryReader(bytes, "f"));
  const model = await loadModel(module, new MemoryReader(bytes, "f"), metadata.task);
  return checkAnswer(model, path);
}

/** While `run` goes on, the kernel of that name does nothing. */
async function withoutKernel<T>(name: string, called: () => void, run: () => Promise<T>): Promise<T> {
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = (async (module: WebAssembly.Module, imports: WebAssembly.Imports) => {
    const { exports } = await instantiate(module, imports);
    return { exports: { ...exports, [name]: () => called() } };
  }) as unknown as typeof instantiate;
  try {
    return await run();
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}

/** A model file whose metadata entry says otherwise. */
function withAnswer(bytes: Uint8Array, answer: string | undefined): Uint8Array<ArrayBuffer> {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  header.__metadata__.known_answer = answer;
  const json = new TextEncoder().encode(JSON.stringify(header));
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(json.length), true);
  return new Uint8Array(Buffer.concat([prefix, json, bytes.subarray(8 + length)]));
}

describe("a known answer", () => {
  for (const task of TASKS) {
    test(`comes of every storage on every path and number of threads: ${task}`, async () => {
      for (const dtype of DTYPES) {
        const bytes = await answered({ task }, dtype);
        assert.deepEqual(await answered({ task }, dtype), bytes, "two conversions give the same bytes");
        for (const kernels of KERNEL_PATHS) {
          for (const threads of [1, 2]) {
            const loaded = await pipeline(task, bytes, { check: true, kernels, threads });
            const parts = loaded.checked!.map(({ part }) => part);
            assert.deepEqual(parts.slice(0, 1), ["hidden"]);
            assert.equal(parts.includes("scores"), task !== "feature-extraction");
            assert.equal(parts.includes("tagging"), task === "token-classification");
            loaded.dispose();
          }
        }
      }
    });
  }

  test("doesn't come of a kernel that does nothing, whichever the model uses", async () => {
    const module = await kernelModule("simd");
    const rotary = { model_type: "roformer", position_embedding_type: "rotary" } as const;
    const used = new Set<string>();
    for (const [options, dtype] of [
      [{}, "f32"],
      [{ crf: undefined }, "int8"],
      [{ gru: GRU }, "f32"],
      [{ gru: GRU, config: { hidden_act: "relu" } }, "int8"],
      [{ task: "fill-mask", config: rotary }, "f16"],
    ] as const satisfies readonly (readonly [RandomModelOptions, Storage])[]) {
      const bytes = await answered(options, dtype);
      const names = WebAssembly.Module.exports(module).filter(({ kind }) => kind === "function");
      for (const { name } of names) {
        if (/bytes|stride|heapBase|^are[A-Z]|^includes/i.test(name)) continue; // sizes, and checks of what is loaded
        let calls = 0;
        const failure = await withoutKernel(
          name,
          () => calls++,
          () =>
            check(bytes, module).then(
              () => undefined,
              (error: Error & { code: string }) => error,
            ),
        );
        if (calls === 0) assert.equal(failure, undefined, name);
        else assert.ok(failure !== undefined, `${name} of ${JSON.stringify(options)} ${dtype}`);
        if (calls > 0) used.add(name);
      }
    }
    for (const family of [
      "gemm",
      "gemmInt8",
      "attentionHeads",
      "attentionIntegerHeads",
      "softmax",
      "layerNorm",
    ]) {
      assert.ok(used.has(family), `${family} among ${[...used]}`);
    }
    for (const family of ["crfViterbi", "crfForward", "crfBackward", "crfMarginals"])
      assert.ok(used.has(family), family);
    assert.ok(
      [...used].some((name) => /gru/i.test(name)),
      "GRU",
    );
  });

  test("doesn't come of kernels with one instruction swapped", async (t) => {
    const binary = new Uint8Array(readFileSync(new URL("../../build/kernels.simd.wasm", import.meta.url)));
    const models = [await answered({}, "f32"), await answered({ gru: GRU }, "int8")];
    let [swapped, noticed] = [0, 0];
    for (const wrong of wrongBinaries(binary)) {
      swapped++;
      const module = await WebAssembly.compile(wrong);
      const verdicts = await Promise.allSettled(models.map((bytes) => check(bytes, module)));
      if (verdicts.some(({ status }) => status === "rejected")) noticed++;
    }
    t.diagnostic(`${noticed} of ${swapped} swaps noticed`);
    assert.ok(swapped > 100 && noticed / swapped > 0.5, `${noticed} of ${swapped}`);
  });

  test("doesn't come of a tensor that is zero, whichever", async () => {
    const module = await kernelModule("simd");
    for (const dtype of ["f32", "int8"] as const) {
      const bytes = await answered({ gru: GRU }, dtype);
      const file = await readModelFile(new MemoryReader(bytes, "f"));
      for (const { name, dtype: stored, begin, end } of file.tensors.values()) {
        if (name.endsWith(".scale") || name.endsWith("key.bias")) continue; // refused; cancels in the softmax
        const damaged = Uint8Array.from(bytes);
        damaged.fill(0, begin, end);
        await assert.rejects(check(damaged, module), { code: "wrong-answer" }, `${name} ${stored}`);
      }
    }
  });

  test("that is missing or wrong is an error, and ends what was started", async () => {
    const bytes = await answered({}, "f32");
    const { knownAnswer } = await readModelFile(new MemoryReader(bytes, "f"));
    for (const threads of [1, 2]) {
      await assert.rejects(
        pipeline("token-classification", withAnswer(bytes, undefined), { check: true, threads }),
        {
          name: "ModelFileError",
          code: "no-answer",
          message: /electra-edge convert/,
        },
      );
      const other = { ...knownAnswer, scores: knownAnswer!.scores!.map((score) => score * 1.01) };
      await assert.rejects(
        pipeline("token-classification", withAnswer(bytes, JSON.stringify(other)), { check: true, threads }),
        { name: "ModelFileError", code: "wrong-answer", message: /"scores" differs by 0\.0/ },
      );
    }
    const unchecked = await pipeline("token-classification", withAnswer(bytes, undefined));
    assert.equal(unchecked.checked, undefined);
  });

  test("that is malformed is refused by the parser", async () => {
    const bytes = await answered({}, "f32");
    const { knownAnswer } = await readModelFile(new MemoryReader(bytes, "f"));
    const long = new Array<number>(65).fill(1);
    for (const [key, value] of [
      ["input_ids", undefined],
      ["input_ids", []],
      ["input_ids", [VOCAB.length]],
      ["input_ids", [-1]],
      ["input_ids", [0.5]],
      ["input_ids", long],
      ["token_type_ids", [2]],
      ["token_type_ids", long],
      ["hidden", "1"],
      ["hidden", [null]],
      ["hidden", ["1"]],
      ["scores", long],
      ["tolerance", [0]],
      ["tolerance", [1.5]],
      ["tolerance", 0.5],
      ["tagging", []],
    ] as const) {
      const changed = withAnswer(bytes, JSON.stringify({ ...knownAnswer, [key]: value }));
      await assert.rejects(readModelFile(new MemoryReader(changed, "f")), {
        name: "ModelFileError",
        code: "metadata-malformed",
        message: new RegExp(key),
      });
    }
    const infinite = JSON.stringify({ ...knownAnswer, hidden: [7] }).replace("[7]", "[1e999]");
    for (const whole of ["null", "1", "[]", infinite, "{"]) {
      await assert.rejects(readModelFile(new MemoryReader(withAnswer(bytes, whole), "f")), {
        code: "metadata-malformed",
      });
    }
  });
});
