import { parseAddress } from "./maps/ip-address.ts";
import { show } from "./value-checks.ts";

/** The 4 bytes of an IPv4 address. Throws for what is none. */
export function ipv4Bytes(text: string): Uint8Array {
  return checked(text, "an IPv4 address", addressOfSize(4));
}

/** The 16 bytes of an IPv6 address. Throws for what is none. */
export function ipv6Bytes(text: string): Uint8Array {
  return checked(text, "an IPv6 address", addressOfSize(16));
}

/** The 6 bytes of a MAC address, ":" or "-" between them. Throws for what is none. */
export function macBytes(text: string): Uint8Array {
  return checked(text, "a MAC address", parseMac);
}

/** "02:42:ac:11:00:02". */
export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function checked(text: string, what: string, parse: (text: string) => Uint8Array | undefined): Uint8Array {
  if (typeof text !== "string") throw new TypeError(`${what} is given as text, not as ${show(text)}`);
  const bytes = parse(text);
  if (bytes === undefined) throw new RangeError(`${show(text)} is not ${what}`);
  return bytes;
}

function addressOfSize(size: 4 | 16): (text: string) => Uint8Array | undefined {
  return (text) => {
    const bytes = parseAddress(text);
    return bytes?.length === size ? bytes : undefined;
  };
}

function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/iu.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/u), (digits) => Number.parseInt(digits, 16));
}
