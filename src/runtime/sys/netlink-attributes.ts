import { hostIsLittleEndian } from "../memory.ts";

const HEADER = 4;
/** The top two bits of an attribute's type are flags: NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
const NLA_TYPE_MASK = 0x3fff;

/** Attributes of a netlink message in the order they are added: `struct nlattr`, each padded to four bytes. */
export class AttributeWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  u32(type: number, value: number): this {
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, value, hostIsLittleEndian);
    return this.raw(type, payload);
  }

  /** A signed number: a descriptor, or -1. */
  i32(type: number, value: number): this {
    return this.u32(type, value >>> 0);
  }

  /** NUL-terminated. */
  text(type: number, value: string): this {
    return this.raw(type, Buffer.from(`${value}\0`));
  }

  /** Attributes inside of one, without NLA_F_NESTED, as libbpf and iproute2 write them. */
  nested(type: number, attributes: AttributeWriter): this {
    return this.raw(type, attributes.bytes);
  }

  raw(type: number, payload: Uint8Array): this {
    const length = HEADER + payload.length;
    const attribute = new Uint8Array(align(length));
    const view = new DataView(attribute.buffer);
    view.setUint16(0, length, hostIsLittleEndian);
    view.setUint16(2, type, hostIsLittleEndian);
    attribute.set(payload, HEADER);
    this.#parts.push(attribute);
    this.#length += attribute.length;
    return this;
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#parts, this.#length);
  }
}

/** The attributes of a netlink message, or of one attribute that holds others, by type. */
export class Attributes {
  readonly #payloads = new Map<number, Uint8Array>();

  /** Reads what is whole; an attribute whose length can't be ends it, as the kernel's own `nla_parse` does. */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + HEADER <= bytes.length;) {
      const length = view.getUint16(at, hostIsLittleEndian);
      if (length < HEADER || at + length > bytes.length) break;
      const type = view.getUint16(at + 2, hostIsLittleEndian) & NLA_TYPE_MASK;
      this.#payloads.set(type, bytes.subarray(at + HEADER, at + length));
      at += align(length);
    }
  }

  raw(type: number): Uint8Array | undefined {
    return this.#payloads.get(type);
  }

  u8(type: number): number | undefined {
    return this.#payloads.get(type)?.[0];
  }

  u32(type: number): number | undefined {
    const payload = this.#payloads.get(type);
    if (payload === undefined || payload.length < 4) return undefined;
    return new DataView(payload.buffer, payload.byteOffset).getUint32(0, hostIsLittleEndian);
  }

  /** Up to the NUL. */
  text(type: number): string | undefined {
    const payload = this.#payloads.get(type);
    if (payload === undefined) return undefined;
    const end = payload.indexOf(0);
    return new TextDecoder().decode(end < 0 ? payload : payload.subarray(0, end));
  }

  /** Empty when there is no such attribute. */
  nested(type: number): Attributes {
    return new Attributes(this.#payloads.get(type) ?? new Uint8Array());
  }
}

/** Messages and attributes begin at multiples of four bytes. */
export function align(length: number): number {
  return (length + 3) & ~3;
}
