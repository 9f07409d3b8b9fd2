import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join as path } from "node:path";
import { type TestContext, test } from "node:test";
import { openCheckpoint } from "../../src/convert/checkpoint.ts";
import { unpickle } from "../../src/convert/torch/pickle.ts";
import { TorchState } from "../../src/convert/torch/state.ts";
import { ElectraEdgeError } from "../../src/errors.ts";
import { failure, temporaryDirectory } from "../convert/directories.ts";
import {
  join,
  type Part,
  pickle,
  SMALL_STATE,
  smallStream,
  smallZip,
  storage,
  tensor,
  zip,
} from "./assemble.ts";

async function open(t: TestContext, bytes: Uint8Array): Promise<void> {
  const directory = await temporaryDirectory(t);
  await writeFile(path(directory, "pytorch_model.bin"), bytes);
  const checkpoint = await openCheckpoint(directory);
  try {
    for (const { read } of checkpoint.tensors.values()) await read();
  } finally {
    await checkpoint.close();
  }
}

const load = (...parts: Part[]) => unpickle(join(...parts), 0, new TorchState("f.bin")).value;
const refuses = (code: string, says: string, ...parts: Part[]) =>
  assert.throws(() => load(...parts), failure(code, "f.bin", says), join(...parts).toString("latin1"));

test("the honest forms of what is attacked below are read", async (t) => {
  await open(t, zip(smallZip()));
  await open(t, smallStream());
});

/** What pickles have been made to run, in every way of naming it; the command would leave a trace in the output. */
const CALLS: [string, Part][] = [
  ["os.system", join(pickle.global("os", "system"), "(", pickle.text("echo pwned"), "tR")],
  ["posix.system", join(pickle.global("posix", "system"), "(", pickle.text("echo pwned"), "tR")],
  ["nt.system", join(pickle.global("nt", "system"), "(", pickle.text("echo pwned"), "tR")],
  ["builtins.eval", join(pickle.global("builtins", "eval"), "(", pickle.text("1"), "tR")],
  ["__builtin__.eval", join(pickle.global("__builtin__", "eval"), "(", pickle.text("1"), "tR")],
  ["subprocess.Popen", join(pickle.global("subprocess", "Popen"), "(", pickle.text("id"), "tR")],
  ["torch.load", join(pickle.global("torch", "load"), "(", pickle.text("x"), "tR")],
  ["collections.Counter", join(pickle.global("collections", "Counter"), ")R")],
  ["os.system", "(S'echo pwned'\nios\nsystem\n"],
  ["os.system", join("(", pickle.text("x"), "ios\nsystem\n")],
  ["posix.system", join("\x8c\x05posix\x8c\x06system\x93\x8c\x0aecho pwned\x85R")],
  ["os.system", join("\x8c\x02os\x94\x8c\x06system\x94\x93\x94")],
];

test("a pickle that names a function is refused by that name, wherever and however it does", async (t) => {
  for (const [name, call] of CALLS) {
    // In the pickle of values, before it, and without any frame around it.
    const says = name === "os.system" && join(call).includes("S'echo") ? "0x53" : name;
    const forbidden = failure("pickle-forbidden", "pytorch_model.bin", says);
    const whole = join(pickle.proto(4), call, ".");
    await assert.rejects(open(t, zip(smallZip(whole))), forbidden);
    await assert.rejects(open(t, smallStream(whole)), forbidden);
    await assert.rejects(open(t, smallStream(SMALL_STATE, { system: call })), forbidden);
    await assert.rejects(open(t, smallStream(SMALL_STATE, { keys: call })), forbidden);
    await assert.rejects(open(t, whole), forbidden);
    await assert.rejects(open(t, join(call, ".")), forbidden);
  }
});

test("nothing but the few functions of torch's can be called, and classes not at all", () => {
  refuses("pickle-forbidden", "calls", pickle.global("torch", "FloatStorage"), ")R.");
  refuses("pickle-forbidden", "calls", pickle.text("os.system"), ")R.");
  refuses("pickle-forbidden", "calls", "})R.");
  refuses("pickle-forbidden", "calls", pickle.global("collections", "OrderedDict"), "}R.");
  refuses("pickle-forbidden", "attributes", "]}b.");
  refuses("pickle-forbidden", "attributes", pickle.global("collections", "OrderedDict"), "}b.");
  // Names are looked up whole: neither inherited properties nor parts of a path.
  for (const name of ["constructor", "__proto__", "toString", "FloatStorage.__init__"]) {
    refuses("pickle-forbidden", name, pickle.global("torch", name), ".");
  }
  refuses("pickle-forbidden", '"?.?"', "}}\x93.");
  refuses("pickle-forbidden", "0x81", pickle.global("collections", "OrderedDict"), ")\x81."); // NEWOBJ
  refuses("pickle-forbidden", "0x82", "\x82\x01."); // EXT1: a global by number
});

test("opcodes by every byte: read, or refused with a typed error", () => {
  for (let opcode = 0; opcode < 256; opcode++) {
    for (const around of [(op: Buffer) => join(op, "."), (op: Buffer) => join("})](", op, "\0\0\0\0.")]) {
      try {
        load(around(Buffer.of(opcode)));
      } catch (error) {
        assert(error instanceof ElectraEdgeError, `0x${opcode.toString(16)}: ${error}`);
      }
    }
  }
});

test("a stack, memo or mark that isn't there", () => {
  for (const broken of [
    "",
    ".",
    "0",
    "N",
    "a.",
    "Na.",
    "s.",
    "u.",
    "t.",
    "e.",
    "R.",
    "Q",
    "b.",
    "(.",
    "]N(a.",
    "\x85.",
    "}NN(s.",
  ]) {
    assert.throws(
      () => load(broken),
      (error: unknown) => {
        assert(error instanceof ElectraEdgeError, String(error));
        assert.match(String(error.code), /^(pickle-malformed|pickle-forbidden|checkpoint-malformed)$/);
        return true;
      },
      broken,
    );
  }
  refuses("pickle-malformed", "recalls value 7", "h\x07.");
  refuses("pickle-malformed", "stack", "q\0.");
  refuses("pickle-malformed", "not a dict", "](NNu.");
  refuses("pickle-malformed", "not a dict", "}(Nu.");
  refuses("pickle-malformed", "not a list", "}(Ne.");
  refuses("pickle-malformed", "protocol 6", "\x80\x06.");
  refuses("pickle-malformed", "UTF-8", "U\x01\xff.");
});

test("bombs: claimed lengths, and values without end", () => {
  refuses("pickle-malformed", "ends", "X\xff\xff\xff\xff");
  refuses("pickle-malformed", "ends", "T\xff\xff\xff\x7f.");
  refuses("pickle-malformed", "ends", "\x8a\xff\x01");
  refuses("pickle-malformed", "ends", "cos");
  refuses("pickle-malformed", "far more of its bytes", "]".repeat(200_000), ".");
  refuses("pickle-malformed", "stack", "N".repeat(200_000), ".");
  refuses("pickle-malformed", "stack", "(".repeat(200_000), ".");
  const puts = Buffer.alloc(1_000_001 * 5);
  for (let i = 0; i < 1_000_001; i++) {
    puts[i * 5] = 0x72;
    puts.writeUInt32LE(i, i * 5 + 1);
  }
  refuses("pickle-malformed", "memo", "N", puts, ".");
  // Lists of lists of lists, each twice the one before: 2^60 leaves that exist only for one who walks them.
  let laughs = "]q\0";
  for (let i = 0; i < 60; i++) laughs += "](h\0h\0eq\0";
  assert(Array.isArray(load(laughs, ".")));
  assert.throws(() => load("]q\0(h\0e", storageOf("h\0"), "."), failure("checkpoint-malformed"));
});

const storageOf = (length: Part) => storage("0", length);
const one = pickle.tuple(pickle.int(1));
const zero = pickle.int(0);

test("storages that can't be", () => {
  const fails = (...parts: Part[]) => refuses("checkpoint-malformed", "storage", ...parts, ".");
  fails(storage("0", pickle.int(-1)));
  fails(storage("0", pickle.long(2n ** 53n)));
  fails(storage("0", pickle.long(2n ** 70n, 10)));
  fails(storage("0", pickle.text("1")));
  fails(storage("0", "G\x3f\xf8\0\0\0\0\0\0"));
  fails("}Q");
  fails(pickle.text("storage"), "Q");
  fails(pickle.tuple(pickle.text("module"), pickle.text("A"), pickle.text("a.py"), pickle.text("code")), "Q");
  fails(
    pickle.tuple(
      pickle.text("storage"),
      pickle.text("torch.FloatStorage"),
      pickle.text("0"),
      "N",
      pickle.int(1),
    ),
    "Q",
  );
  refuses(
    "checkpoint-malformed",
    "6 of F32 here, 7 of F32",
    storage("0", pickle.int(6)),
    storage("0", pickle.int(7)),
    ".",
  );
  refuses(
    "checkpoint-malformed",
    "F16",
    storage("0", pickle.int(6)),
    storage("0", pickle.int(6), "HalfStorage"),
    ".",
  );
});

test("tensors that leave their storage", () => {
  const fails = (
    says: string,
    offset: Part,
    shape: Part,
    strides: Part,
    of: Part = storageOf(pickle.int(6)),
  ) => refuses("checkpoint-malformed", says, tensor(of, offset, shape, strides), ".");
  const two = (a: Part, b: Part) => pickle.tuple(a, b);
  fails("storage 0 of 6", pickle.int(6), one, one);
  fails("storage 0 of 6", zero, pickle.tuple(pickle.int(7)), one);
  fails(
    "storage 0 of 6",
    pickle.int(1),
    two(pickle.int(2), pickle.int(3)),
    two(pickle.int(3), pickle.int(1)),
  );
  fails("storage 0 of 6", zero, pickle.tuple(pickle.int(2)), pickle.tuple(pickle.int(6)));
  fails("storage 0 of 6", zero, pickle.tuple(pickle.int(2)), pickle.tuple(pickle.long(2n ** 53n - 1n)));
  // Strides of 0 would make terabytes of one element; products overflow, or end as NaN.
  const huge = pickle.long(2n ** 53n - 1n);
  fails("storage 0 of 6", zero, two(pickle.int(2 ** 20), pickle.int(2 ** 20)), two(zero, zero));
  fails("storage 0 of 6", zero, two(huge, huge), two(zero, zero));
  const many = pickle.tuple(...Array.from({ length: 40 }, () => huge), zero);
  fails("storage 0 of 6", zero, many, pickle.tuple(...Array.from({ length: 41 }, () => zero)));
  fails("made of", pickle.int(-1), one, one);
  fails("made of", zero, pickle.tuple(pickle.int(-1)), one);
  fails("made of", zero, one, pickle.tuple(pickle.int(-1)));
  fails("made of", zero, one, pickle.tuple(pickle.int(1), pickle.int(1)));
  fails("made of", zero, pickle.int(1), one);
  fails("made of", pickle.long(2n ** 64n, 9), one, one);
  fails("made of", zero, one, one, pickle.text("0"));
});

test("a shape that grows after it was checked", async (t) => {
  // The list of sizes is remembered, checked, and only then appended to: the tensor keeps what was checked.
  const sizes = join(pickle.list(pickle.int(1)), "q\x05");
  const grows = join(
    pickle.proto(),
    pickle.dict(
      pickle.text("a"),
      join(tensor(storageOf(pickle.int(6)), zero, sizes, one), "q\x06"),
      pickle.text("rest"),
      join("h\x05(", pickle.int(2 ** 30), "e"),
    ),
    ".",
  );
  const { value } = unpickle(grows, 0, new TorchState("f.bin"));
  assert.deepEqual((value as Map<string, { shape: number[] }>).get("a")!.shape, [1]);
  await assert.rejects(open(t, zip(smallZip(grows))), failure("checkpoint-malformed", '"rest"'));
});

test("pickles that are no state dict", async (t) => {
  const fails = (state: Part, ...parts: string[]) =>
    assert.rejects(open(t, zip(smallZip(join(state)))), failure("checkpoint-malformed", ...parts));
  await fails("].", "state dict");
  await fails("N.", "state dict");
  await fails(join(pickle.dict(pickle.text("epoch"), pickle.int(3)), "."), '"epoch"');
  await fails(join(pickle.dict(pickle.int(3), "N"), "."), "state dict");
  await fails("}(}Nu.", "state dict");
});

test("the older stream, broken in each of its parts", async (t) => {
  const fails = (bytes: Uint8Array, code: string, ...parts: string[]) =>
    assert.rejects(open(t, bytes), failure(code, "pytorch_model.bin", ...parts));
  await fails(smallStream(SMALL_STATE, { magic: pickle.int(5) }), "checkpoint-malformed", "magic number");
  await fails(smallStream(SMALL_STATE, { version: pickle.int(1002) }), "checkpoint-malformed", "1001");
  await fails(smallStream(SMALL_STATE, { system: "}" }), "unsupported", "little-endian");
  await fails(smallStream(SMALL_STATE, { keys: "]" }), "checkpoint-malformed", "list of storages");
  await fails(smallStream(SMALL_STATE, { keys: "}" }), "checkpoint-malformed", "list of storages");
  const twice = pickle.list(pickle.text("0"), pickle.text("0"));
  await fails(smallStream(SMALL_STATE, { keys: twice }), "checkpoint-malformed", "list of storages");
  const stranger = pickle.list(pickle.text("0"), pickle.text("2"));
  await fails(smallStream(SMALL_STATE, { keys: stranger }), "checkpoint-malformed", "list of storages");
  const lies = Buffer.from(BigInt64Array.of(2n ** 60n).buffer);
  await fails(
    smallStream(SMALL_STATE, { storages: lies }),
    "checkpoint-malformed",
    "6 elements",
    String(2n ** 60n),
  );
  await fails(join(smallStream(), "x"), "checkpoint-malformed", "bytes in all");
  await fails(Buffer.from("<!DOCTYPE html><html>"), "checkpoint-malformed", "HTML");
  await fails(Buffer.from("version https://git-lfs.github.com/spec/v1\n"), "checkpoint-malformed", "git-lfs");
  await fails(new Uint8Array(0), "pickle-malformed", "ends");
});

test("every single bit of a pickle turned over: a value, or a typed error", () => {
  for (let i = 0; i < SMALL_STATE.length * 8; i++) {
    const bytes = Uint8Array.from(SMALL_STATE);
    bytes[i >> 3]! ^= 1 << (i & 7);
    try {
      unpickle(bytes, 0, new TorchState("f.bin"));
    } catch (error) {
      assert(error instanceof ElectraEdgeError, `bit ${i}: ${(error as Error).stack}`);
    }
  }
});
