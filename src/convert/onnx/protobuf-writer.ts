/** What {@link ProtobufReader} calls wires, by the numbers that a tag has. */
const [VARINT, BYTES, FIXED32] = [0, 2, 5];

/** A message of protobuf's in the making. Bytes that it is given are not copied before {@link bytes}. */
export class ProtobufWriter {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  integer(field: number, value: number): this {
    return this.#append(varint(field * 8 + VARINT), varint(value));
  }

  /** Packed into one field; nothing where there are none. */
  integers(field: number, values: readonly number[]): this {
    return values.length === 0 ? this : this.content(field, Buffer.concat(values.map(varint)));
  }

  float(field: number, value: number): this {
    return this.#append(varint(field * 8 + FIXED32), new Uint8Array(Float32Array.of(value).buffer));
  }

  text(field: number, text: string): this {
    return this.content(field, Buffer.from(text));
  }

  content(field: number, bytes: Uint8Array): this {
    return this.#append(varint(field * 8 + BYTES), varint(bytes.length), bytes);
  }

  message(field: number, message: ProtobufWriter): this {
    this.#append(varint(field * 8 + BYTES), varint(message.#length));
    for (const piece of message.#pieces) this.#append(piece);
    return this;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces, this.#length);
  }

  #append(...pieces: readonly Uint8Array[]): this {
    for (const piece of pieces) {
      this.#pieces.push(piece);
      this.#length += piece.length;
    }
    return this;
  }
}

/** Seven bits a byte, the lowest first; negative numbers as 64 bits. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
