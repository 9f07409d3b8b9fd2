import { brief } from "../../model/file/json.ts";
import { ATTRIBUTE, NODE } from "./fields.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

const integerIn = (attribute: ProtobufReader): number => attribute.integer();
const floatIn = (attribute: ProtobufReader): number => attribute.float();
const textIn = (attribute: ProtobufReader): string => attribute.text();

/** A node of a graph. Its attributes stay in the file, and can be asked for until the reader goes to the next node. */
export class OnnxNode {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  name = "";
  operator = "";
  /** Of its operator; "" for ONNX's own. */
  domain = "";
  readonly #message: ProtobufReader;

  constructor(message: ProtobufReader) {
    this.#message = message;
    this.inputs = message.texts(NODE.input);
    this.outputs = message.texts(NODE.output);
    message.rewind();
    while (message.next()) {
      if (message.field === NODE.name) this.name = message.text();
      else if (message.field === NODE.opType) this.operator = message.text();
      else if (message.field === NODE.domain) this.domain = message.text();
    }
  }

  /** What the node is called in errors. */
  get title(): string {
    const type = `${this.domain ? `${this.domain}.` : ""}${this.operator}`;
    return `${brief(this.name || this.outputs[0] || "")} (${type})`;
  }

  /** An attribute that is a number; undefined where the node doesn't have it. */
  integer(name: string): number | undefined {
    return this.#valueOf(name, ATTRIBUTE.i, 0, integerIn);
  }

  float(name: string): number | undefined {
    return this.#valueOf(name, ATTRIBUTE.f, 0, floatIn);
  }

  text(name: string): string | undefined {
    return this.#valueOf(name, ATTRIBUTE.s, "", textIn);
  }

  /** An attribute that is a list of integers; of a longer one than `most` the first. */
  integers(name: string, most: number): number[] | undefined {
    const attribute = this.attribute(name);
    if (attribute === undefined) return undefined;
    const values: number[] = [];
    while (attribute.next()) {
      if (attribute.field !== ATTRIBUTE.ints) continue;
      attribute.numbers("varint", (low, high) => {
        if (values.length < most) values.push(high * 2 ** 32 + (low >>> 0));
      });
    }
    return values;
  }

  /** The attribute's message. */
  attribute(name: string): ProtobufReader | undefined {
    const node = this.#message.rewind();
    let attribute: ProtobufReader | undefined;
    while (node.next()) {
      if (node.field !== NODE.attribute) continue;
      attribute = node.message(attribute);
      while (attribute.next()) {
        if (attribute.field === ATTRIBUTE.name && attribute.is(name)) return attribute.rewind();
      }
    }
    return undefined;
  }

  #valueOf<T>(name: string, field: number, absent: T, read: (attribute: ProtobufReader) => T): T | undefined {
    const attribute = this.attribute(name);
    if (attribute === undefined) return undefined;
    while (attribute.next()) if (attribute.field === field) return read(attribute);
    return absent;
  }
}
