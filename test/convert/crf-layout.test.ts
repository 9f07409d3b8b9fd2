import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type ConvertOptions, type CrfLayout, convertDirectory } from "../../src/convert/index.ts";
import { serializeSafetensors } from "../../src/model/file/safetensors-writer.ts";
import { type Crf, decodeByEnumeration, everyPath, pathScore } from "../reference/crf.ts";
import {
  type AllenNlpCrf,
  allenNlpViterbi,
  paddleGoldScore,
  paddleLogZ,
  paddleViterbi,
} from "../reference/crf-libraries.ts";
import { checkpointCopy, failure, readSafetensors, TORCH, temporaryDirectory } from "./directories.ts";

const LABELS = 3; // of the checkpoint: O, B-X, I-X
const HIDDEN = 4;

interface Values {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Numbers that float32 and float16 hold exactly, from −2 to 2. */
function numbers(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, i) => (((i + 1) * (seed * 2 + 37) * 7919) % 257) / 64 - 2);
}

const matrix = (rows: number, columns: number, seed: number): number[][] =>
  Array.from({ length: rows }, (_, row) => numbers(columns, seed * 31 + row));

const square = (values: readonly (readonly number[])[]): Values => ({
  shape: [values.length, values[0].length],
  values: values.flat(),
});

const vector = (values: readonly number[]): Values => ({ shape: [values.length], values });

/** A checkpoint with the given tensors in place of its CRF's, and its classifier's where they are given. */
async function checkpointWith(t: TestContext, tensors: Record<string, Values>, dtype: "F32" | "F16" = "F32") {
  const bytes = await readFile(join(TORCH, "expected.safetensors"));
  const Floats = dtype === "F32" ? Float32Array : Float16Array;
  const all = new Map<string, Values>();
  for (const { name, shape, begin, end } of readSafetensors(bytes).tensors.values()) {
    const values = [...new Float32Array(Uint8Array.from(bytes.subarray(begin, end)).buffer)];
    if (!name.startsWith("crf.")) all.set(name, { shape, values });
  }
  for (const [name, tensor] of Object.entries(tensors)) all.set(name, tensor);
  const list = [...all].map(([name, { shape, values }]) => {
    return { name, dtype, shape, data: new Uint8Array(Floats.from(values).buffer) };
  });
  const model = Buffer.concat([...serializeSafetensors({}, list)]);
  const others = (await readdir(TORCH)).filter((name) => name.endsWith(".bin"));
  return checkpointCopy(t, TORCH, { "model.safetensors": model }, others);
}

async function convert(t: TestContext, directory: string, options: ConvertOptions = {}) {
  const out = join(await temporaryDirectory(t), "model.safetensors");
  const file = await convertDirectory(directory, out, options);
  const bytes = await readFile(out);
  const values = (name: string) => {
    const { begin, end, dtype } = file.tensors.get(name)!;
    const data = Uint8Array.from(bytes.subarray(begin, end)).buffer;
    return [...(dtype === "F16" ? new Float16Array(data) : new Float32Array(data))];
  };
  const crf: Crf = {
    start: values("crf.start_transitions"),
    transitions: values("crf.transitions"),
    end: values("crf.end_transitions"),
  };
  return { file, crf, values };
}

/** Emissions of a few steps for so many states, and those of the labels alone. */
function emissionsOf(states: number, steps: number, seed: number) {
  const rows = matrix(steps, states, seed);
  return { rows, ofLabels: rows.flatMap((row) => row.slice(0, LABELS)) };
}

const START_AND_END = {
  "crf.start_transitions": vector(numbers(LABELS, 1)),
  "crf.end_transitions": vector(numbers(LABELS, 2)),
};
const PYTORCH = { ...START_AND_END, "crf.transitions": square(matrix(LABELS, LABELS, 3)) };

test("pytorch-crf's layout, which HanLP and LTP have too, comes as it is, wherever it lies in the model", async (t) => {
  for (const prefix of ["", "tagger.decoder.", "module."]) {
    const tensors = Object.entries(PYTORCH).map(([name, tensor]) => [prefix + name, tensor]);
    const { crf } = await convert(t, await checkpointWith(t, Object.fromEntries(tensors)));
    assert.deepEqual(crf.start, numbers(LABELS, 1));
    assert.deepEqual(crf.transitions, matrix(LABELS, LABELS, 3).flat());
    assert.deepEqual(crf.end, numbers(LABELS, 2));
  }
});

/** A mask that forbids what BIO does: I after O, and I at the start. */
const BIO_MASK = [
  [1, 1, 0, 1, 1],
  [1, 1, 1, 1, 1],
  [1, 1, 1, 1, 1],
  [1, 1, 0, 1, 1],
  [0, 0, 0, 0, 0],
];

for (const [what, has] of Object.entries({
  "start and end": true,
  "neither start nor end": false,
})) {
  for (const dtype of ["F32", "F16"] as const) {
    test(`AllenNLP's CRF with a mask and ${what}, in ${dtype}, labels as its viterbi_tags does`, async (t) => {
      const library: AllenNlpCrf = {
        transitions: matrix(LABELS, LABELS, 4),
        _constraint_mask: BIO_MASK,
        ...(has ? { start_transitions: numbers(LABELS, 5), end_transitions: numbers(LABELS, 6) } : {}),
      };
      const directory = await checkpointWith(
        t,
        {
          "crf.transitions": square(library.transitions),
          "crf._constraint_mask": square(BIO_MASK),
          ...(has && {
            "crf.start_transitions": vector(numbers(LABELS, 5)),
            "crf.end_transitions": vector(numbers(LABELS, 6)),
          }),
        },
        dtype,
      );
      const { crf, file } = await convert(t, directory);
      assert.equal(file.tensors.get("crf.transitions")!.dtype, dtype, "no other type than the rest");
      assert.equal(crf.start[2], -Infinity);
      assert.equal(crf.transitions[2], -Infinity, "I never follows O");
      for (let seed = 0; seed < 40; seed++) {
        const { rows, ofLabels } = emissionsOf(LABELS, 1 + (seed % 5), seed);
        assert.deepEqual(decodeByEnumeration(crf, ofLabels).path, allenNlpViterbi(library, rows));
      }
    });
  }
}

/** PaddleNLP's matrix with START and STOP, no symmetry in it. */
const WITH_TAGS = matrix(LABELS + 2, LABELS + 2, 7);
const WITHOUT_TAGS = matrix(LABELS, LABELS, 8);
const CLASSIFIER = {
  "classifier.weight": square(matrix(LABELS + 2, HIDDEN, 9)),
  "classifier.bias": vector(numbers(LABELS + 2, 10)),
};

/** Emissions under which no path leads through START and STOP, which are no labels. */
function paddleEmissions(withTags: boolean, seed: number) {
  const { rows, ofLabels } = emissionsOf(LABELS, 1 + (seed % 5), seed);
  return { rows: withTags ? rows.map((row) => [...row, -1e5, -1e5]) : rows, ofLabels };
}

for (const [transitions, withTags] of [
  [WITH_TAGS, true],
  [WITHOUT_TAGS, false],
] as const) {
  const what = `PaddleNLP's CRF ${withTags ? "with" : "without"} START and STOP`;
  const tensors = { "crf.transitions": square(transitions), ...(withTags ? CLASSIFIER : {}) };
  const convertAs = async (t: TestContext, crfLayout: CrfLayout) =>
    convert(t, await checkpointWith(t, tensors), { crfLayout });

  test(`${what} labels as its ViterbiDecoder does`, async (t) => {
    const { crf, values } = await convertAs(t, "paddlenlp");
    for (let seed = 0; seed < 40; seed++) {
      const { rows, ofLabels } = paddleEmissions(withTags, seed);
      const path = paddleViterbi(transitions, withTags, rows);
      assert.deepEqual(decodeByEnumeration(crf, ofLabels).path, path);
    }
    if (!withTags) return;
    assert.deepEqual(values("classifier.weight"), matrix(LABELS, HIDDEN, 9).flat());
    assert.deepEqual(values("classifier.bias"), numbers(LABELS + 2, 10).slice(0, LABELS));
    // Where the tags may be emitted, the library's own path is ours whenever it is made of labels.
    let ofLabelsAlone = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { rows, ofLabels } = emissionsOf(LABELS + 2, 3, seed);
      const path = paddleViterbi(transitions, true, rows);
      if (path.some((state) => state >= LABELS)) continue;
      assert.deepEqual(decodeByEnumeration(crf, ofLabels).path, path);
      ofLabelsAlone++;
    }
    assert.ok(ofLabelsAlone > 5 && ofLabelsAlone < 100, `${ofLabelsAlone} of 100`);
  });

  test(`${what}, as its forward reads it, has the log Z of its forward`, async (t) => {
    const { crf } = await convertAs(t, "paddlenlp-forward");
    for (let seed = 0; seed < 20; seed++) {
      const { rows, ofLabels } = paddleEmissions(withTags, seed);
      const difference = decodeByEnumeration(crf, ofLabels).logZ - paddleLogZ(transitions, withTags, rows);
      assert.ok(Math.abs(difference) < 1e-9, `${difference}`);
    }
  });

  test(`${what}, as its gold score reads it, scores every path as that does`, async (t) => {
    const { crf } = await convertAs(t, "paddlenlp-gold");
    const { rows, ofLabels } = paddleEmissions(withTags, 3);
    for (const path of everyPath(LABELS, rows.length)) {
      const difference = pathScore(crf, ofLabels, path) - paddleGoldScore(transitions, withTags, rows, path);
      assert.ok(Math.abs(difference) < 1e-9);
    }
  });
}

test("the three readings of PaddleNLP's matrix differ, so that the choice counts", async (t) => {
  const directory = await checkpointWith(t, { "crf.transitions": square(WITH_TAGS), ...CLASSIFIER });
  const read = async (crfLayout: CrfLayout) => (await convert(t, directory, { crfLayout })).crf;
  const [decoder, forward, gold] = [
    await read("paddlenlp"),
    await read("paddlenlp-forward"),
    await read("paddlenlp-gold"),
  ];
  assert.notDeepEqual(decoder.transitions, forward.transitions);
  assert.notDeepEqual(decoder.start, forward.start);
  assert.deepEqual(decoder.end, forward.end);
  assert.deepEqual(decoder.transitions, gold.transitions);
  assert.notDeepEqual(decoder.end, gold.end);
});

test("PaddleNLP is known by the copies that its loss and its decoder hold", async (t) => {
  for (const copy of ["crf_loss.crf.transitions", "viterbi_decoder.transitions", "decoder.transitions"]) {
    const tensors = { "crf.transitions": square(WITH_TAGS), [copy]: square(WITH_TAGS), ...CLASSIFIER };
    const { crf } = await convert(t, await checkpointWith(t, tensors));
    assert.deepEqual(crf.start, WITH_TAGS[LABELS + 1].slice(0, LABELS));
  }
});

test("a lone matrix is refused until a layout is named, and what does not fit a layout is refused", async (t) => {
  const fails = async (
    tensors: Record<string, Values>,
    crfLayout: CrfLayout | undefined,
    code: string,
    ...parts: string[]
  ) => {
    const options = crfLayout === undefined ? {} : { crfLayout };
    await assert.rejects(convert(t, await checkpointWith(t, tensors), options), failure(code, ...parts));
  };
  const lone = { "crf.transitions": square(WITH_TAGS), ...CLASSIFIER };
  await fails(lone, undefined, "unsupported", "[5,5]", "--crf-layout", "paddlenlp-forward");
  await fails(lone, "pytorch-crf", "labels-mismatch", "5 rows");
  const odd = { "crf.transitions": square(matrix(4, 4, 1)) };
  await fails(odd, "paddlenlp", "tensor-shape", "crf.transitions", "[4,4]", "[5,5] or [3,3]");
  await fails(PYTORCH, "paddlenlp", "tensor-surplus", "crf.start_transitions");
  const masked = { ...PYTORCH, "crf._constraint_mask": square(BIO_MASK) };
  await fails(masked, "pytorch-crf", "tensor-surplus", "crf._constraint_mask");
  const narrow = { ...PYTORCH, "crf._constraint_mask": square(matrix(3, 3, 1)) };
  await fails(narrow, undefined, "tensor-shape", "crf._constraint_mask", "[5,5]");
  const half = { "crf.transitions": PYTORCH["crf.transitions"], "crf._constraint_mask": square(BIO_MASK) };
  await fails(
    { ...half, "crf.end_transitions": START_AND_END["crf.end_transitions"] },
    undefined,
    "tensor-missing",
    "crf.start_transitions",
  );
  await fails(
    { ...PYTORCH, "other.crf.transitions": PYTORCH["crf.transitions"] },
    undefined,
    "checkpoint-malformed",
  );
  await assert.rejects(
    convert(t, await checkpointWith(t, PYTORCH), { crfLayout: "hmm" as CrfLayout }),
    failure("bad-option", "crfLayout", "allennlp", "hmm"),
  );
  await assert.rejects(
    convert(t, await checkpointWith(t, {}), { crfLayout: "allennlp" }),
    failure("bad-option", "crfLayout", "no CRF"),
  );
});
