import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { unpackInt4 } from "../../src/model/file/int4.ts";
import {
  encodeModelMetadata,
  type ModelMetadata,
  modelParameters,
  parseModelFile,
} from "../../src/model/file/model-file.ts";
import { type Dtype, parseHeader, type TensorInfo } from "../../src/model/file/safetensors.ts";
import { layoutSafetensors, type TensorDescription } from "../../src/model/file/safetensors-writer.ts";
import {
  checkFloats,
  checkQuantizedValues,
  type Storage,
  storedTensors,
} from "../../src/model/file/storage.ts";
import { failure } from "../convert/directories.ts";

/** Sizes that are no multiple of 32, one of them odd. */
const METADATA: ModelMetadata = {
  task: "token-classification",
  config: {
    vocab_size: 7,
    embedding_size: 5,
    hidden_size: 60,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    intermediate_size: 100,
    hidden_act: "gelu",
    max_position_embeddings: 3,
    type_vocab_size: 2,
    layer_norm_eps: 1e-12,
  },
  tokenizer: { type: "characters" },
  labels: ["O", "B-X", "I-X"],
  scheme: { notation: "BIO", typeFirst: false },
  crf: undefined,
  quantization_error: undefined,
  license: undefined,
  source: undefined,
};

const WORDS = "electra.embeddings.word_embeddings.weight";
const QUERY = "electra.encoder.layer.0.attention.self.query.weight";

/** The tensors of a file whose matrices are all stored as `matrices`, but those named in `others`. */
function tensorsOf(
  matrices: Storage,
  others: Readonly<Record<string, Storage>> = {},
  task: "token-classification" | "fill-mask" = "token-classification",
): TensorDescription[] {
  const labels = task === "fill-mask" ? 0 : 3;
  return modelParameters(METADATA.config, task, labels, false).flatMap((parameter) =>
    storedTensors(parameter, others[parameter.name] ?? (parameter.quantizable ? matrices : "f16")),
  );
}

function parse(tensors: readonly TensorDescription[], changes: Partial<ModelMetadata> = {}) {
  const { prefix } = layoutSafetensors(encodeModelMetadata({ ...METADATA, ...changes }), tensors);
  return parseModelFile(parseHeader(prefix.subarray(8), "m.safetensors"), "m.safetensors");
}

type Change = Partial<TensorDescription> | undefined;

/** Tensors with some changed, or taken away by undefined. */
const changed = (tensors: readonly TensorDescription[], changes: Readonly<Record<string, Change>>) =>
  tensors.flatMap((tensor) => {
    if (!Object.hasOwn(changes, tensor.name)) return [tensor];
    const change = changes[tensor.name];
    return change === undefined ? [] : [{ ...tensor, ...change }];
  });

const refuses = (tensors: readonly TensorDescription[], code: string, ...parts: string[]) =>
  assert.throws(() => parse(tensors), failure(code, "m.safetensors", ...parts));

describe("a quantized model file", () => {
  test("says how each parameter is stored, in the model's own shapes", () => {
    for (const storage of ["f32", "f16", "int8", "int4"] as const) {
      const file = parse(tensorsOf(storage));
      assert.equal(file.quantized, storage.startsWith("int"));
      const { shape, storage: words } = file.parameters.get(WORDS)!;
      assert.deepEqual([shape, words], [[7, 5], storage]);
      assert.equal(file.parameters.get("classifier.weight")!.storage, "f16");
      assert.equal(file.parameters.get("electra.embeddings.position_embeddings.weight")!.storage, "f16");
      assert.equal(file.parameters.size, 25);
    }
    const { tensors } = parse(tensorsOf("int4"));
    const layout = (name: string) => [tensors.get(name)!.dtype, tensors.get(name)!.shape];
    assert.deepEqual(layout(QUERY), ["U8", [60, 30]]);
    assert.deepEqual(layout(`${QUERY}.scale`), ["F32", [60]]);
    assert.deepEqual(layout(`${QUERY}.group_scale`), ["U8", [60, 2]]);
    assert.deepEqual(layout(WORDS), ["U8", [7, 3]], "an odd row ends in half a byte");
  });

  test("may mix int8 and int4, but not integers and floats", () => {
    const file = parse(tensorsOf("int4", { [WORDS]: "int8" }));
    assert.equal(file.parameters.get(WORDS)!.storage, "int8");
    assert.equal(file.parameters.get(QUERY)!.storage, "int4");
    refuses(tensorsOf("int8", { [QUERY]: "f32" }), "unknown-dtype", QUERY, "f32", WORDS, "int8");
    refuses(tensorsOf("f16", { [QUERY]: "int4" }), "unknown-dtype", QUERY, "int4", "f16");
  });

  test("whose scales are missing, surplus, of another shape or type", () => {
    for (const storage of ["int8", "int4"] as const) {
      const all = tensorsOf(storage);
      const scale = `${QUERY}.scale`;
      refuses(changed(all, { [scale]: undefined }), "tensor-missing", `${scale} [60]`);
      refuses(changed(all, { [scale]: { shape: [60, 1] } }), "tensor-shape", `${scale} [60]`, "[60,1]");
      refuses(changed(all, { [scale]: { shape: [59] } }), "tensor-shape", "[59]");
      for (const dtype of ["F16", "F64", "I32"] satisfies Dtype[])
        refuses(changed(all, { [scale]: { dtype } }), "unknown-dtype", scale, "F32", dtype);
      const surplus = { name: "classifier.weight.scale", dtype: "F32" as const, shape: [3] };
      refuses([...all, surplus], "tensor-surplus", "classifier.weight.scale");
    }
    const int4 = tensorsOf("int4");
    const groups = `${QUERY}.group_scale`;
    refuses(changed(int4, { [groups]: undefined }), "tensor-missing", `${groups} [60,2]`);
    refuses(changed(int4, { [groups]: { shape: [60, 1] } }), "tensor-shape", `${groups} [60,2]`);
    refuses(changed(int4, { [groups]: { dtype: "I8" } }), "unknown-dtype", groups, "U8", "I8");
    const int8 = tensorsOf("int8");
    refuses([...int8, { name: groups, dtype: "U8", shape: [60, 2] }], "tensor-surplus", groups);
    refuses([...tensorsOf("f32"), { name: `${QUERY}.scale`, dtype: "F32", shape: [60] }], "tensor-surplus");
  });

  test("whose matrices have another shape than the model, or another type than they may", () => {
    refuses(changed(tensorsOf("int4"), { [QUERY]: { shape: [60, 60] } }), "tensor-shape", `${QUERY} [60,30]`);
    refuses(changed(tensorsOf("int8"), { [QUERY]: { shape: [60, 30] } }), "tensor-shape", `${QUERY} [60,60]`);
    refuses(
      changed(tensorsOf("int8"), { [QUERY]: { dtype: "I16" } }),
      "unknown-dtype",
      QUERY,
      "F32, F16, I8 or U8",
      "I16",
    );
    for (const name of [
      "classifier.weight",
      "electra.embeddings.LayerNorm.weight",
      "electra.embeddings.token_type_embeddings.weight",
    ]) {
      refuses(
        changed(tensorsOf("int8"), { [name]: { dtype: "I8" } }),
        "unknown-dtype",
        name,
        "F32 or F16",
        "I8",
      );
    }
  });

  test("whose values come before their scales", () => {
    const all = tensorsOf("int4");
    const at = all.findIndex(({ name }) => name === QUERY);
    const swapped = [...all.slice(0, at - 1), all[at]!, all[at - 1]!, ...all.slice(at + 1)];
    refuses(swapped, "bad-offsets", QUERY, "scales");
  });

  test("of a generator, whose output matrix may be quantized or absent", () => {
    const bare = { task: "fill-mask", labels: [], scheme: undefined } as const;
    const all = tensorsOf("int8", {}, "fill-mask");
    const head = "generator_lm_head.weight";
    assert.equal(parse(all, bare).parameters.get(head)!.storage, "int8");
    const tied = parse(changed(all, { [head]: undefined, [`${head}.scale`]: undefined }), bare);
    assert.equal(tied.parameters.has(head), false);
    assert.throws(
      () => parse(changed(all, { [head]: undefined }), bare),
      failure("tensor-surplus", `${head}.scale`),
    );
  });
});

describe("the values of quantized tensors", () => {
  const info = (name: string, dtype: Dtype, length: number): TensorInfo => ({
    name,
    dtype,
    shape: [length],
    begin: 0,
    end: length,
  });
  const check = (name: string, dtype: Dtype, values: ArrayBufferView<ArrayBuffer>) => {
    // At an odd address, as bytes of a stream may lie.
    const bytes = new Uint8Array(values.byteLength + 1).subarray(1);
    bytes.set(new Uint8Array(values.buffer));
    checkQuantizedValues(info(name, dtype, values.byteLength), bytes, "m.safetensors");
  };
  const fails = (name: string, dtype: Dtype, values: ArrayBufferView<ArrayBuffer>, ...parts: string[]) =>
    assert.throws(() => check(name, dtype, values), failure("bad-value", "m.safetensors", name, ...parts));

  test("scales are finite and positive", () => {
    const scale = `${QUERY}.scale`;
    checkFloats(scale, Float32Array.of(1e-45, 2 ** -126, 1, 3.4e38), "m.safetensors");
    for (const bad of [0, -0, -1, Number.NaN, Infinity, -Infinity]) {
      const refused = failure("bad-value", "m.safetensors", scale, "scales", String(bad));
      assert.throws(() => checkFloats(scale, Float32Array.of(1, bad, 1), "m.safetensors"), refused);
    }
  });

  test("group scales are from 1 to 18", () => {
    const scale = `${QUERY}.group_scale`;
    check(scale, "U8", Uint8Array.of(1, 18, 7));
    for (const bad of [0, 19, 255]) fails(scale, "U8", Uint8Array.of(1, bad), "18", String(bad));
    check(QUERY, "U8", Uint8Array.of(0, 255));
  });

  test("int8 is from -127", () => {
    check(QUERY, "I8", Int8Array.of(-127, 0, 127));
    fails(QUERY, "I8", Int8Array.of(0, -128), "-127", "-128");
  });
});

describe("int4 unpacks to int8", () => {
  /** The format's own words: low nibble first, two's complement, 32 inputs to a group. */
  const expected = (packed: Uint8Array, groupScales: Uint8Array, rows: number, inputs: number) =>
    Array.from({ length: rows * inputs }, (_, i) => {
      const [row, input] = [Math.floor(i / inputs), i % inputs];
      const byte = packed[row * Math.ceil(inputs / 2) + Math.floor(input / 2)]!;
      const nibble = input % 2 === 0 ? byte % 16 : Math.floor(byte / 16);
      const scale = groupScales[row * Math.ceil(inputs / 32) + Math.floor(input / 32)]!;
      return (nibble < 8 ? nibble : nibble - 16) * scale;
    });

  test("exactly, for every pair of values and every scale", () => {
    const allowed = Uint8Array.from({ length: 256 }, (_, byte) => byte).filter(
      (byte) => (byte & 15) !== 8 && byte >> 4 !== 8,
    );
    const packed = new Uint8Array(Math.ceil(allowed.length / 16) * 16);
    packed.set(allowed);
    const inputs = packed.length * 2;
    for (let scale = 1; scale <= 18; scale++) {
      const groupScales = new Uint8Array(inputs / 32).fill(scale);
      const out = new Int8Array(inputs);
      assert.equal(unpackInt4(packed, groupScales, inputs, out), true);
      assert.deepEqual([...out], expected(packed, groupScales, 1, inputs));
      assert.equal(Math.max(...out), 7 * scale);
      assert.equal(Math.min(...out), -7 * scale);
    }
  });

  test("for rows of any length, each with groups of its own", () => {
    for (const inputs of [1, 2, 5, 20, 31, 32, 33, 60, 63, 64, 65, 100, 128, 1023]) {
      const rows = 3;
      const packed = Uint8Array.from(
        { length: rows * Math.ceil(inputs / 2) },
        (_, i) => ((i * 7) % 8) | ((9 + ((i * 5) % 7)) << 4),
      );
      const groupScales = Uint8Array.from(
        { length: rows * Math.ceil(inputs / 32) },
        (_, i) => 1 + ((i * 11) % 18),
      );
      const out = new Int8Array(rows * inputs).fill(99);
      assert.equal(unpackInt4(packed, groupScales, inputs, out), true);
      assert.deepEqual([...out], expected(packed, groupScales, rows, inputs), `${inputs} inputs`);
    }
  });

  test("but not where a value is -8", () => {
    for (const byte of [0x08, 0x80, 0x88, 0x78, 0x81]) {
      const packed = new Uint8Array(32).fill(0x11);
      packed[20] = byte;
      assert.equal(unpackInt4(packed, Uint8Array.of(1, 1), 64, new Int8Array(64)), false);
    }
  });
});
