import { ConvertError } from "../../errors.ts";

/** How a field's content lies in the file: https://protobuf.dev/programming-guides/encoding/, "Message Structure". */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

export type NumberWire = "varint" | "fixed32" | "fixed64";

const NO_TEXTS: readonly string[] = [];

/**
 * A message of protobuf's, field by field in the order of the file. Nothing is copied or becomes an object but what is
 * asked for: the memory that reading takes is the caller's choice, whatever the file is made of.
 *
 * All methods throw a {@link ConvertError} `checkpoint-malformed` where the bytes are no such message.
 */
export class ProtobufReader {
  /** The number of the field that {@link next} has come to. */
  field = 0;
  /** Where that field's content lies in the file. */
  begin = 0;
  end = 0;

  readonly #file: string;
  readonly #bytes: Buffer;
  #first: number;
  #last: number;
  #next: number;
  #wire = 0;
  /** The lower and upper 32 bits of the last varint, both signed. */
  #low = 0;
  #high = 0;

  /** @param file named in errors */
  constructor(file: string, bytes: Uint8Array, first = 0, last = bytes.length) {
    this.#file = file;
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#first = first;
    this.#last = last;
    this.#next = first;
  }

  /** Comes to the next field. @returns false where there is none */
  next(): boolean {
    if (this.#next === this.#last) return false;
    this.#varint(this.#last);
    const tag = this.#low >>> 0;
    this.field = tag >>> 3;
    this.#wire = tag & 7;
    if (this.field === 0 || this.#high !== 0) this.#fail("a field without a number");
    this.begin = this.#next;
    this.#next = this.#endOfContent();
    this.end = this.#next;
    return true;
  }

  /** Goes back to before the first field. */
  rewind(): this {
    this.#next = this.#first;
    return this;
  }

  /** A reader of its own, from the first field on. */
  again(): ProtobufReader {
    return new ProtobufReader(this.#file, this.#bytes, this.#first, this.#last);
  }

  /**
   * The message that the field holds.
   *
   * @param into a reader that is to go there, in place of a new one
   */
  message(into?: ProtobufReader): ProtobufReader {
    this.#expect(WIRE.bytes);
    if (into === undefined) return new ProtobufReader(this.#file, this.#bytes, this.begin, this.end);
    into.#first = into.#next = this.begin;
    into.#last = this.end;
    return into;
  }

  /** The messages that a repeated field holds, through one reader that goes to each in turn. */
  *messages(field: number): Generator<ProtobufReader> {
    const fields = this.again();
    let message: ProtobufReader | undefined;
    while (fields.next()) {
      if (fields.field !== field) continue;
      message = fields.message(message);
      yield message;
    }
  }

  /** The text of a field, the last where there are several; "" where there is none. Leaves the reader at the end. */
  textOf(field: number): string {
    let text = "";
    this.rewind();
    while (this.next()) if (this.field === field) text = this.text();
    return text;
  }

  /** The texts of a repeated field. Leaves the reader at the end. */
  texts(field: number): readonly string[] {
    // Counted before: a list that grows takes several times its size.
    let count = 0;
    this.rewind();
    while (this.next()) if (this.field === field) count++;
    if (count === 0) return NO_TEXTS;
    const texts = Array<string>(count);
    count = 0;
    this.rewind();
    while (this.next()) if (this.field === field) texts[count++] = this.text();
    return texts;
  }

  text(): string {
    this.#expect(WIRE.bytes);
    return this.#bytes.toString("utf8", this.begin, this.end);
  }

  /** Whether the field is this text, of ASCII. */
  is(text: string): boolean {
    return this.end - this.begin === text.length && this.text() === text;
  }

  /** Rounded where it's beyond 2^53. */
  integer(): number {
    this.#expect(WIRE.varint);
    return this.#high * 2 ** 32 + (this.#low >>> 0);
  }

  float(): number {
    this.#expect(WIRE.fixed32);
    return this.#bytes.readFloatLE(this.begin);
  }

  /**
   * Gives each number that the field holds, packed ones too, as its lower and upper 32 bits; the latter are 0 in those
   * that have no more.
   */
  numbers(wire: NumberWire, take: (low: number, high: number) => void): void {
    if (this.#wire !== WIRE.bytes) this.#expect(WIRE[wire]);
    const after = this.#next;
    const end = this.end;
    for (this.#next = this.begin; this.#next < end; ) {
      if (wire === "varint") {
        this.#varint(end);
        take(this.#low, this.#high);
        continue;
      }
      const at = this.#next;
      const wide = wire === "fixed64";
      this.#next += wide ? 8 : 4;
      if (this.#next > end) this.#fail(`numbers cut off in field ${this.field}`);
      take(this.#bytes.readInt32LE(at), wide ? this.#bytes.readInt32LE(at + 4) : 0);
    }
    this.#next = after;
  }

  /** How many numbers the field holds, as {@link numbers} gives them. */
  countNumbers(wire: NumberWire): number {
    if (this.#wire === WIRE[wire]) return 1;
    let count = 0;
    this.numbers(wire, () => count++);
    return count;
  }

  /** Copies the first bytes that the field holds. */
  copyInto(bytes: Uint8Array): void {
    this.#bytes.copy(bytes, 0, this.begin, this.end);
  }

  #endOfContent(): number {
    switch (this.#wire) {
      case WIRE.varint:
        this.#varint(this.#last);
        return this.#next;
      case WIRE.fixed64:
        return this.#checked(8);
      case WIRE.fixed32:
        return this.#checked(4);
      case WIRE.bytes: {
        this.#varint(this.#last);
        this.begin = this.#next;
        return this.#checked(this.#high * 2 ** 32 + (this.#low >>> 0));
      }
      default:
        return this.#fail(`field ${this.field} of the kind ${this.#wire}`);
    }
  }

  #checked(length: number): number {
    if (length < 0 || length > this.#last - this.begin) {
      this.#fail(`field ${this.field} of ${length} bytes, where ${this.#last - this.begin} are left`);
    }
    return this.begin + length;
  }

  #varint(end: number): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      if (this.#next >= end) this.#fail("a number that goes on beyond its message");
      const byte = this.#bytes[this.#next++]!;
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift >= 32) high |= bits << (shift - 32);
      else if (shift === 28) high |= bits >> 4;
      if (byte < 0x80) {
        this.#low = low;
        this.#high = high;
        return;
      }
    }
    this.#fail("a number of more than 64 bits");
  }

  #expect(wire: number): void {
    if (this.#wire !== wire) this.#fail(`field ${this.field} is of the kind ${this.#wire}, not ${wire}`);
  }

  #fail(what: string): never {
    const detail = `not an ONNX file: ${what}, at byte ${this.#next}`;
    throw new ConvertError("checkpoint-malformed", this.#file, detail);
  }
}
