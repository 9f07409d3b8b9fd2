import { ConvertError, type ConvertErrorCode } from "../../errors.ts";

/** A global that a pickle may name; it can be called only where `call` says what that means. */
export class PickleGlobal {
  readonly name: string;
  readonly call: ((args: readonly unknown[]) => unknown) | undefined;

  constructor(name: string, call?: (args: readonly unknown[]) => unknown) {
    this.name = name;
    this.call = call;
  }
}

/** What surrounds a pickle: everything it can reach lies in here. */
export interface PickleHost {
  /** Named in errors. */
  readonly file: string;
  /** The allow-list, by `module.name`. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** Resolves what the pickler wrote as a reference to something outside of the pickle. */
  persistentLoad(id: unknown): unknown;
}

/** Torch pickles a state dict at some 200 bytes a tensor; this holds the largest ELECTRA many times over. */
export const PICKLE_LIMIT = 16 * 2 ** 20;
const STACK_LIMIT = 100_000;
const MEMO_LIMIT = 1_000_000;

/** What an empty container takes in memory, about, in bytes. */
const ARRAY_BYTES = 64;
const MAP_BYTES = 256;
/** Containers may take this many times the pickle's own bytes, and {@link FREE_BYTES} besides. Torch's take once or twice. */
const EXPANSION_LIMIT = 4;
const FREE_BYTES = 1_000_000;

/**
 * Reads one Python pickle: those opcodes of protocol 2, and of protocol 4's strings, that a dict of tensors needs.
 * Nothing is ever executed: a global is looked up in the host's list or refused, and no other opcode can name code.
 *
 * Tuples and lists become arrays, dicts become maps, and integers beyond 2^53 bigints.
 *
 * @param start where in `bytes` the pickle starts
 * @returns the value, and where the pickle ended
 * @throws {ConvertError} `pickle-forbidden`, naming the global or opcode, or `pickle-malformed`
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  host: PickleHost,
): { value: unknown; end: number } {
  const unpickler = new Unpickler(bytes, start, host);
  return { value: unpickler.run(), end: unpickler.position };
}

class Unpickler {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #host: PickleHost;
  readonly #stack: unknown[] = [];
  /** Heights of the stack at which a MARK lies. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #opcodeAt = 0;
  /** How much more the containers may take, in bytes. */
  #room: number;

  constructor(bytes: Uint8Array, start: number, host: PickleHost) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = start;
    this.#host = host;
    this.#room = FREE_BYTES + EXPANSION_LIMIT * (bytes.length - start);
  }

  run(): unknown {
    for (;;) {
      this.#opcodeAt = this.position;
      const opcode = this.#u8();
      if (opcode === OPCODES.STOP) return this.#pop();
      this.#step(opcode);
      if (this.#stack.length + this.#marks.length > STACK_LIMIT) {
        this.#fail("pickle-malformed", `more than ${STACK_LIMIT} values on its stack`);
      }
    }
  }

  #step(opcode: number): void {
    switch (opcode) {
      case OPCODES.PROTO: {
        const protocol = this.#u8();
        if (protocol > 5) this.#fail("pickle-malformed", `pickle protocol ${protocol}; known are 0 to 5`);
        break;
      }
      case OPCODES.FRAME:
        this.#take(8);
        break;

      case OPCODES.NONE:
        this.#push(null);
        break;
      case OPCODES.NEWTRUE:
        this.#push(true);
        break;
      case OPCODES.NEWFALSE:
        this.#push(false);
        break;
      case OPCODES.BININT:
        this.#push(this.#view.getInt32(this.#take(4), true));
        break;
      case OPCODES.BININT1:
        this.#push(this.#u8());
        break;
      case OPCODES.BININT2:
        this.#push(this.#view.getUint16(this.#take(2), true));
        break;
      case OPCODES.LONG1:
        this.#push(this.#long(this.#u8()));
        break;
      case OPCODES.BINFLOAT:
        this.#push(this.#view.getFloat64(this.#take(8)));
        break;
      case OPCODES.BINUNICODE:
        this.#push(this.#text(this.#u32()));
        break;
      case OPCODES.SHORT_BINUNICODE:
      case OPCODES.SHORT_BINSTRING:
        this.#push(this.#text(this.#u8()));
        break;
      case OPCODES.BINSTRING:
        this.#push(this.#text(this.#u32()));
        break;

      case OPCODES.MARK:
        this.#marks.push(this.#stack.length);
        break;
      case OPCODES.EMPTY_TUPLE:
      case OPCODES.EMPTY_LIST:
        this.#pushContainer([], ARRAY_BYTES);
        break;
      case OPCODES.TUPLE:
        this.#pushContainer(this.#popToMark(), ARRAY_BYTES);
        break;
      case OPCODES.TUPLE1:
        this.#pushContainer(this.#popMany(1), ARRAY_BYTES);
        break;
      case OPCODES.TUPLE2:
        this.#pushContainer(this.#popMany(2), ARRAY_BYTES);
        break;
      case OPCODES.TUPLE3:
        this.#pushContainer(this.#popMany(3), ARRAY_BYTES);
        break;
      case OPCODES.APPEND:
        this.#append(this.#popMany(1));
        break;
      case OPCODES.APPENDS:
        this.#append(this.#popToMark());
        break;
      case OPCODES.EMPTY_DICT:
        this.#pushContainer(new Map(), MAP_BYTES);
        break;
      case OPCODES.SETITEM:
        this.#setItems(this.#popMany(2));
        break;
      case OPCODES.SETITEMS:
        this.#setItems(this.#popToMark());
        break;

      case OPCODES.BINPUT:
        this.#remember(this.#u8());
        break;
      case OPCODES.LONG_BINPUT:
        this.#remember(this.#u32());
        break;
      case OPCODES.MEMOIZE:
        this.#remember(this.#memo.size);
        break;
      case OPCODES.BINGET:
        this.#recall(this.#u8());
        break;
      case OPCODES.LONG_BINGET:
        this.#recall(this.#u32());
        break;

      case OPCODES.GLOBAL:
      case OPCODES.INST:
        this.#pushGlobal(this.#line(), this.#line(), opcode);
        break;
      case OPCODES.STACK_GLOBAL: {
        const [module, name] = this.#popMany(2);
        this.#pushGlobal(module, name, opcode);
        break;
      }
      case OPCODES.REDUCE: {
        const [callable, args] = this.#popMany(2);
        if (!(callable instanceof PickleGlobal) || callable.call === undefined || !Array.isArray(args)) {
          this.#fail("pickle-forbidden", "it calls something that is no function it may name");
        }
        this.#pushContainer(callable.call(args), MAP_BYTES);
        break;
      }
      case OPCODES.BUILD:
        // Python would set attributes. All that torch sets are an OrderedDict's, its modules' versions: no use here.
        this.#pop();
        if (!(this.#top() instanceof Map))
          this.#fail("pickle-forbidden", "it sets attributes of something not a dict");
        break;
      case OPCODES.BINPERSID:
        this.#push(this.#host.persistentLoad(this.#pop()));
        break;

      default:
        this.#fail(
          "pickle-forbidden",
          `opcode 0x${opcode.toString(16).padStart(2, "0")}, which no dict of tensors needs`,
        );
    }
  }

  #pushGlobal(module: unknown, name: unknown, opcode: number): void {
    const path = `${typeof module === "string" ? module : "?"}.${typeof name === "string" ? name : "?"}`;
    const global = this.#host.globals.get(path);
    if (global === undefined || opcode === OPCODES.INST) {
      this.#fail(
        "pickle-forbidden",
        `it names the global ${JSON.stringify(path)}, which no dict of tensors needs`,
      );
    }
    this.#push(global);
  }

  #append(items: readonly unknown[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) this.#fail("pickle-malformed", "it appends to something not a list");
    for (const item of items) list.push(item);
  }

  #setItems(items: readonly unknown[]): void {
    const dict = this.#top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) {
      this.#fail("pickle-malformed", "it sets items of something not a dict");
    }
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  #remember(index: number): void {
    this.#memo.set(index, this.#top());
    if (this.#memo.size > MEMO_LIMIT)
      this.#fail("pickle-malformed", `more than ${MEMO_LIMIT} values in its memo`);
  }

  #recall(index: number): void {
    if (!this.#memo.has(index))
      this.#fail("pickle-malformed", `it recalls value ${index}, which it never stored`);
    this.#push(this.#memo.get(index));
  }

  #push(value: unknown): void {
    this.#stack.push(value);
  }

  #pushContainer(value: unknown, bytes: number): void {
    this.#room -= bytes;
    if (this.#room < 0) this.#fail("pickle-malformed", "it makes far more of its bytes than torch would");
    this.#push(value);
  }

  #pop(): unknown {
    return this.#popMany(1)[0];
  }

  #popMany(count: number): unknown[] {
    const height = this.#stack.length - count;
    if (height < (this.#marks.at(-1) ?? 0)) this.#fail("pickle-malformed", "its stack runs empty");
    return this.#stack.splice(height);
  }

  #popToMark(): unknown[] {
    const height = this.#marks.pop();
    if (height === undefined) return this.#fail("pickle-malformed", "it looks for a mark that it never set");
    return this.#stack.splice(height);
  }

  #top(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      this.#fail("pickle-malformed", "its stack runs empty");
    return this.#stack.at(-1);
  }

  /** Claims `count` bytes and returns where they start. */
  #take(count: number): number {
    const at = this.position;
    if (at + count > this.#bytes.length) this.#fail("pickle-malformed", "it ends in the middle");
    this.position += count;
    return at;
  }

  #u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  #text(length: number): string {
    const at = this.#take(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        this.#bytes.subarray(at, at + length),
      );
    } catch {
      return this.#fail("pickle-malformed", "a string of it is not UTF-8");
    }
  }

  /** A line of ASCII, without its end. */
  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end === -1) return this.#fail("pickle-malformed", "it ends in the middle");
    const line = this.#text(Math.min(end - this.position, 200));
    this.position = end + 1;
    return line;
  }

  /** Little-endian two's complement. */
  #long(length: number): number | bigint {
    const at = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i]!);
    value = BigInt.asIntN(length * 8, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  #fail(code: ConvertErrorCode, detail: string): never {
    throw new ConvertError(code, this.#host.file, `the pickle at byte ${this.#opcodeAt}: ${detail}`);
  }
}

const OPCODES = {
  MARK: 0x28,
  EMPTY_TUPLE: 0x29,
  STOP: 0x2e,
  BININT: 0x4a,
  BININT1: 0x4b,
  BININT2: 0x4d,
  NONE: 0x4e,
  BINPERSID: 0x51,
  REDUCE: 0x52,
  BINSTRING: 0x54,
  SHORT_BINSTRING: 0x55,
  BINUNICODE: 0x58,
  EMPTY_LIST: 0x5d,
  APPEND: 0x61,
  BUILD: 0x62,
  GLOBAL: 0x63,
  APPENDS: 0x65,
  BINGET: 0x68,
  INST: 0x69,
  LONG_BINGET: 0x6a,
  BINFLOAT: 0x47,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  SETITEM: 0x73,
  TUPLE: 0x74,
  SETITEMS: 0x75,
  EMPTY_DICT: 0x7d,
  PROTO: 0x80,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  LONG1: 0x8a,
  SHORT_BINUNICODE: 0x8c,
  STACK_GLOBAL: 0x93,
  MEMOIZE: 0x94,
  FRAME: 0x95,
} as const;
