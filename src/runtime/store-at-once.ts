import type { Memory } from "./memory.ts";

/** How a value is written. */
interface Writer<T> {
  readonly size: number;
  write(to: Memory, at: number, value: T): void;
}

/** The bytes of a value: made beside its place, so that a value that is refused leaves that as it was. */
export function encode<T>(writer: Writer<T>, value: T, like: Memory): Uint8Array {
  const memory = like.over(new Uint8Array(writer.size));
  writer.write(memory, 0, value);
  return memory.bytes;
}

/** Programs read the memory while it is written: what the machine can store in one piece is stored so. */
export function storeAtOnce(from: Uint8Array, to: Uint8Array, offset: number): void {
  const target = new DataView(to.buffer, to.byteOffset + offset, from.length);
  const source = new DataView(from.buffer);
  if (from.length === 8) target.setBigUint64(0, source.getBigUint64(0));
  else if (from.length === 4) target.setUint32(0, source.getUint32(0));
  else if (from.length === 2) target.setUint16(0, source.getUint16(0));
  else to.set(from, offset);
}
