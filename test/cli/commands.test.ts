import assert from "node:assert/strict";
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { diagnose } from "../../src/cli/doctor.ts";
import { renderDiagnosis } from "../../src/cli/render/diagnosis.ts";
import { styleFor } from "../../src/cli/terminal.ts";
import { electraEdge, HEADS, MODEL } from "./electra-edge.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe("electra-edge", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-cli-"));
  });
  after(() => rm(folder, { recursive: true }));

  describe("itself", () => {
    it("says its version and how it is used", async () => {
      const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
      assert.deepEqual(await electraEdge(["--version"]), { code: 0, stdout: `${version}\n`, stderr: "" });
      for (const args of [["--help"], ["run", "--help"], ["evaluate", "--help"], ["convert", "--help"]]) {
        const { code, stdout } = await electraEdge(args);
        assert.equal(code, 0);
        assert.match(stdout, /^Usage: electra-edge [\s\S]*Examples:\n {2}electra-edge /u);
      }
    });

    it("exits with 2 and one line where the command line makes no sense", async () => {
      const cases: readonly (readonly [readonly string[], RegExp])[] = [
        [["tag"], /unknown command 'tag'/],
        [["run"], /missing required argument 'model'/],
        [["run", MODEL, "x", "--colour"], /unknown option '--colour'/],
        [["run", MODEL, "x", "--format", "xml"], /Allowed choices are table, json, ndjson, conll, html/],
        [["run", MODEL, "x", "--format", "conll", "--aggregation-strategy", "none"], /needs whole entities/],
        [["evaluate", MODEL], /evaluate needs --data, or --check/],
        [["evaluate", MODEL, "--data", "x", "--aggregation-strategy", "none"], /Allowed choices are simple/],
        [["convert", HEADS], /required option '-o, --output <file>' not specified/],
        [["convert", MODEL, "-o", "x", "--dtype", "int2"], /Allowed choices are f32, f16, int8, int4/],
        [["inspect", MODEL, "extra"], /too many arguments/],
      ];
      for (const [args, detail] of cases) {
        const { code, stdout, stderr } = await electraEdge(args);
        assert.equal(code, 2, args.join(" "));
        assert.equal(stdout, "");
        assert.match(stderr, detail);
        assert.match(stderr, /^electra-edge: [^\n]+\n(\(Did you mean .*\n)?$/u);
      }
    });

    it("shows help for no command at all, as a mistake", async () => {
      const { code, stdout, stderr } = await electraEdge([]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^Usage: electra-edge/u);
    });

    it("exits with 1 and one line on a failure; --debug adds the stack", async () => {
      const absent = join(folder, "absent.safetensors");
      for (const args of [
        ["run", absent, "x"],
        ["inspect", absent],
        ["evaluate", absent, "--data", MODEL],
      ]) {
        const { code, stdout, stderr } = await electraEdge(args);
        assert.deepEqual([code, stdout], [1, ""]);
        assert.match(stderr, /^electra-edge: [^\n]+\n$/u);
      }
      const { stderr } = await electraEdge(["inspect", absent, "--debug"]);
      assert.match(stderr, /^electra-edge: ModelFileError: .*\n {4}at /u);
    });

    it("says what a file is that is no model, without its control characters", async () => {
      const file = join(folder, "hostile.safetensors");
      const json = Buffer.from('{"\\u001b[2Jx": 1}');
      const length = Buffer.alloc(8);
      length.writeUInt32LE(json.length);
      await writeFile(file, Buffer.concat([length, json]));
      const { code, stderr } = await electraEdge(["inspect", file]);
      assert.equal(code, 1);
      assert.ok(stderr.startsWith(`electra-edge: ${file}: `), stderr);
      assert.doesNotMatch(stderr, /\x1b/u);
    });
  });

  describe("inspect", () => {
    it("describes the model and its tensors", async () => {
      const { code, stdout } = await electraEdge(["inspect", MODEL]);
      assert.equal(code, 0);
      assert.match(stdout, /^ task +token-classification, CRF over characters$/mu);
      assert.match(
        stdout,
        /^ encoder +4 layers of hidden 256, 4 heads, feed-forward 1024, embeddings of 128$/mu,
      );
      assert.match(stdout, /^ crf\.transitions +F16 +13 × 13 +338$/mu);
      assert.match(stdout, /^ 76 tensors +[\d,]+$/mu);
    });

    it("prints the same as JSON, with sizes that add up to the file's", async () => {
      const { stdout } = await electraEdge(["inspect", MODEL, "--json"]);
      const summary = JSON.parse(stdout);
      const bytes = summary.tensors.reduce((sum: number, tensor: { bytes: number }) => sum + tensor.bytes, 0);
      assert.equal(8 + summary.header_bytes + bytes, summary.bytes);
      assert.equal(summary.bytes, (await readFile(MODEL)).length);
      assert.equal(summary.tokenizer.type, "characters");
      assert.equal(summary.tokenizer.vocab, undefined);
      assert.equal(summary.tokenizer.vocab_size, summary.config.vocab_size);
      assert.equal(summary.labels.length, 13);
      assert.equal(summary.crf.tokens, "characters");
      assert.equal(summary.parameters * 2, bytes);
    });

    it("checks the file: one that is cut off, or goes on too long", async () => {
      const whole = await readFile(MODEL);
      for (const [length, detail] of [
        [5, /5 bytes/],
        [1000, /ends inside its header/],
        [whole.length - 1, /cut off/],
      ] as const) {
        const file = join(folder, `cut-${length}.safetensors`);
        await cp(MODEL, file);
        await truncate(file, length);
        const { code, stderr } = await electraEdge(["inspect", file]);
        assert.equal(code, 1);
        assert.match(stderr, detail);
      }
      const file = join(folder, "long.safetensors");
      await writeFile(file, Buffer.concat([whole, Buffer.of(0)]));
      assert.match((await electraEdge(["inspect", file])).stderr, /bytes follow the last tensor/);
    });

    it("works where the kernels were never built", async () => {
      const copy = join(folder, "unbuilt");
      await mkdir(copy);
      await Promise.all([
        cp(join(root, "src"), join(copy, "src"), { recursive: true }),
        cp(join(root, "package.json"), join(copy, "package.json")),
        symlink(join(root, "node_modules"), join(copy, "node_modules")),
      ]);
      const main = join(copy, "src/cli/main.ts");
      const { code, stdout } = await electraEdge(["inspect", MODEL, "--json"], { main });
      assert.equal(code, 0);
      assert.equal(JSON.parse(stdout).task, "token-classification");
    });
  });

  describe("convert", () => {
    const checkpoint = join(HEADS, "token-classification");

    it("writes a model file and says what is in it", async () => {
      const file = join(folder, "half.safetensors");
      const { code, stdout, stderr } = await electraEdge([
        "convert",
        checkpoint,
        "-o",
        file,
        "--dtype",
        "f16",
        "--license",
        "MIT",
        "--source",
        "made up",
      ]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(
        stdout,
        /^wrote .*half\.safetensors: token-classification, \d+ tensors, [\d,]+ parameters in f16, [\d.]+ kB, [\d.]+ s\n$/u,
      );
      const summary = JSON.parse((await electraEdge(["inspect", file, "--json"])).stdout);
      assert.deepEqual([summary.license, summary.source], ["MIT", "made up"]);
    });

    it("quantizes a model file, and inspect shows what that cost each tensor", async () => {
      const files = await Promise.all(
        (["int8", "int4"] as const).map(async (dtype) => {
          const file = join(folder, `${dtype}.safetensors`);
          const args = ["convert", MODEL, "-o", file, "--dtype", dtype];
          const { code, stdout, stderr } = await electraEdge(args);
          assert.deepEqual([code, stderr], [0, ""]);
          const storages = dtype === "int8" ? "int8 and f16" : "int4 and int8 and f16";
          assert.ok(stdout.includes(` 4,735,440 parameters in ${storages}, `), stdout);
          return file;
        }),
      );
      const [f16, int8, int4] = await Promise.all(
        [MODEL, ...files].map(async (file) => (await stat(file)).size),
      );
      assert.ok(int8! < f16! * 0.53 && int4! < f16! * 0.38, `${f16}, ${int8}, ${int4} bytes`);

      const { stdout } = await electraEdge(["inspect", files[1]!]);
      assert.match(stdout, /^ parameters +4,735,440 in int4 and int8 and f16$/mu);
      assert.match(stdout, /^ tensor +dtype +shape +bytes +error$/mu);
      assert.match(
        stdout,
        /^ electra\.embeddings\.word_embeddings\.weight +I8 +11514 × 128 +1,473,792 +0\.\d\d %$/mu,
      );
      assert.match(
        stdout,
        /^ electra\.encoder\.layer\.3\.output\.dense\.weight +U8 +256 × 512 +131,072 +\d\d?\.\d\d %$/mu,
      );
      assert.match(stdout, /^ classifier\.bias +F16 +13 +26$/mu);
      const summary = JSON.parse((await electraEdge(["inspect", files[1]!, "--json"])).stdout);
      const error = (name: string) =>
        summary.tensors.find((tensor: { name: string }) => tensor.name === name).relative_error;
      assert.ok(error("electra.embeddings_project.weight") < 0.01);
      assert.equal(error("electra.embeddings_project.weight.scale"), null);
      assert.deepEqual(summary.storage, ["int4", "int8", "f16"]);
    });

    it("overwrites only by --force", async () => {
      const file = join(folder, "mine.safetensors");
      await writeFile(file, "mine");
      const refused = await electraEdge(["convert", checkpoint, "-o", file]);
      assert.deepEqual([refused.code, refused.stdout], [1, ""]);
      assert.equal(refused.stderr, `electra-edge: ${file}: exists already; --force overwrites it\n`);
      assert.equal(await readFile(file, "utf8"), "mine");
      const forced = await electraEdge(["convert", checkpoint, "-o", file, "--force"]);
      assert.equal(forced.code, 0, forced.stderr);
      assert.notEqual(await readFile(file, "latin1"), "mine");
    });

    it("leaves nothing behind where there is nothing to convert", async () => {
      const empty = join(folder, "empty");
      await mkdir(empty);
      const { code, stderr } = await electraEdge(["convert", empty, "-o", join(empty, "out.safetensors")]);
      assert.equal(code, 1);
      assert.match(stderr, /^electra-edge: .*config\.json.*\n$/u);
      assert.deepEqual(await readdir(empty), []);
    });
  });

  describe("doctor", () => {
    it("finds this engine healthy", async () => {
      const { code, stdout } = await electraEdge(["doctor"]);
      assert.equal(code, 0);
      assert.match(stdout, /^ engine +Node \d+\./mu);
      assert.match(stdout, /^ simd +gemm +\d\.\de[+-]\d+ +\d\.\de[+-]\d+ {2}✓ right$/mu);
      assert.match(stdout, /✓ this engine runs the kernels/u);
    });

    it("prints JSON", async () => {
      const diagnosis = JSON.parse((await electraEdge(["doctor", "--json"])).stdout);
      assert.equal(diagnosis.healthy, true);
      assert.equal(diagnosis.engine.version, process.versions.node);
      assert.equal(diagnosis.features.simd, true);
      assert.equal(diagnosis.path, diagnosis.features.relaxedSimd ? "relaxed" : "simd");
      for (const { accepted, known_answers } of diagnosis.paths) {
        assert.equal(known_answers.length > 0, accepted);
        for (const { relativeError, tolerance } of known_answers) assert.ok(relativeError <= tolerance);
      }
    });

    it("exits with 1 on an engine without SIMD, and says so", async () => {
      const crippled = "data:text/javascript,WebAssembly.validate=()=>false";
      const { code, stdout } = await electraEdge(["doctor"], { node: ["--import", crippled] });
      assert.equal(code, 1);
      assert.match(stdout, /^ SIMD +no$/mu);
      assert.match(stdout, /✗ .*SIMD/u);
    });

    it("is not content with a wrong answer", async () => {
      const wrong = { kernel: "gemm", relativeError: 0.5, tolerance: 1e-6, passed: false };
      const diagnosis = await diagnose(async () => [wrong]);
      assert.equal(diagnosis.healthy, false);
      const shown = renderDiagnosis(diagnosis, styleFor({}, {}));
      assert.match(shown, /^ simd +gemm +5\.0e-1 +1\.0e-6 {2}✗ wrong$/mu);
      assert.match(shown, /✗ this engine computes the path "\w+" wrongly\n$/u);
    });
  });
});
