import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { electraEdge, MODEL, succeed } from "./electra-edge.ts";

describe("export", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  });
  after(() => rm(folder, { recursive: true }));

  test("writes ONNX in fp32 and int8, and overwrites only when told to", async () => {
    const output = join(folder, "model.onnx");
    const first = await electraEdge(["export", MODEL, "--format", "onnx", "-o", output]);
    assert.equal(first.code, 0, first.stderr);
    assert.match(
      first.stdout,
      /^wrote .*model\.onnx: token-classification in fp32, the CRF beside the graph, 19\.\d MB, .* s\n$/,
    );
    const exact = await readFile(output);

    const refused = await electraEdge(["export", MODEL, "-o", output, "--dtype", "int8"]);
    assert.equal(refused.code, 1);
    assert.equal(refused.stderr, `electra-edge: ${output}: exists already; --force overwrites it\n`);
    assert.ok(exact.equals(await readFile(output)));

    const forced = await electraEdge(["export", MODEL, "-o", output, "--dtype", "int8", "--force"]);
    assert.equal(forced.code, 0, forced.stderr);
    assert.match(forced.stdout, /in int8, /);
    assert.ok((await readFile(output)).length < exact.length / 3);
  });

  test("writes a directory for transformers, which converts back to the model file", async () => {
    const output = join(folder, "directory");
    const args = ["export", MODEL, "--format", "huggingface", "-o", output];
    const { code, stdout, stderr } = await electraEdge(args);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^wrote .*directory: token-classification, the CRF as tensors that transformers passes over, /,
    );
    const converted = async (source: string, name: string) => {
      await succeed(["convert", source, "-o", join(folder, name)]);
      return readFile(join(folder, name));
    };
    const back = await converted(output, "back.safetensors");
    assert.ok(back.equals(await converted(MODEL, "answered.safetensors")));

    const refused = await electraEdge(args);
    assert.equal(refused.stderr, `electra-edge: ${output}: exists already; --force overwrites it\n`);
    assert.equal((await electraEdge([...args, "--force"])).code, 0);
    const quantized = await electraEdge([...args, "--force", "--dtype", "int8"]);
    assert.equal(quantized.code, 1);
    assert.match(quantized.stderr, /--dtype is for --format onnx/);
  });

  test("names the file that is no model", async () => {
    const { code, stderr } = await electraEdge([
      "export",
      "absent.safetensors",
      "-o",
      join(folder, "x.onnx"),
    ]);
    assert.equal(code, 1);
    assert.equal(stderr, "electra-edge: absent.safetensors: no such file\n");
  });

  test("knows no other form", async () => {
    const { code, stderr } = await electraEdge([
      "export",
      MODEL,
      "--format",
      "gguf",
      "-o",
      join(folder, "x"),
    ]);
    assert.equal(code, 2);
    assert.match(stderr, /Allowed choices are onnx/);
  });
});
