import type { Codec } from "../codec.ts";
import type { Memory } from "../memory.ts";
import { show } from "../value-checks.ts";
import { formatAddress, parseAddress } from "./ip-address.ts";
import type { Wire } from "./wire.ts";

const ADDRESS_AT = 4;

/**
 * Keys of a trie whose data are an IPv4 or IPv6 address: written as text, "10.0.0.0/8", or as the struct, and read as
 * text. An address without a length stands for itself alone. Bits behind the prefix are zeros: they don't count for the
 * kernel either, and are alike in all listings.
 */
export function prefixWire<K>(key: Codec<K>): Wire<string | K, string> {
  const size = key.size - ADDRESS_AT;
  return {
    size: key.size,
    read: (from, at) => `${formatAddress(from.slice(at + ADDRESS_AT, size))}/${from.u32(at)}`,
    write: (to, at, value) => {
      if (typeof value === "string") writePrefix(to, at, value, size);
      else key.write(to, at, value);
    },
  };
}

function writePrefix(to: Memory, at: number, text: string, size: number): void {
  const [, addressText = "", lengthText] = /^([^/]*)(?:\/(\d{1,3}))?$/u.exec(text) ?? [];
  const address = parseAddress(addressText);
  const family = size === 4 ? "IPv4" : "IPv6";
  if (address?.length !== size)
    throw new RangeError(
      `${show(text)} is no ${family} prefix, such as ${size === 4 ? '"10.0.0.0/8"' : '"2001:db8::/32"'}`,
    );
  const length = Number(lengthText ?? size * 8);
  if (length > size * 8) throw new RangeError(`${show(text)}: a prefix of ${family} has 0 to ${size * 8} bits`);
  to.setU32(at, length);
  to.setSlice(at + ADDRESS_AT, size, masked(address, length));
}

/** The first `length` bits, and zeros. */
function masked(address: Uint8Array, length: number): Uint8Array {
  return address.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, length - 8 * i))));
}
