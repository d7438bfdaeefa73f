import { isIPv4, isIPv6 } from "node:net";

/** The bytes of an address in text, 4 or 16 in network byte order; undefined for what is no address. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split("."), Number);
  // A zone, "fe80::1%eth0", is no part of the address.
  return isIPv6(text) && !text.includes("%") ? parseSix(text) : undefined;
}

function parseSix(text: string): Uint8Array {
  const [head = "", tail] = text.split("::");
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}

/** The last two groups may be written as an IPv4 address. */
function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((part) => {
    if (!part.includes(".")) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

/** An address of 4 or 16 bytes as text, IPv6 in its canonical form (RFC 5952). */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return `::ffff:${bytes.subarray(12).join(".")}`;
  const { from, count } = longestZeros(groups);
  const text = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(":");
  return count < 2 ? text(groups) : `${text(groups.slice(0, from))}::${text(groups.slice(from + count))}`;
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): { from: number; count: number } {
  let longest = { from: 0, count: 0 };
  for (let from = 0; from < groups.length; from++) {
    let count = 0;
    while (groups[from + count] === 0) count++;
    if (count > longest.count) longest = { from, count };
  }
  return longest;
}
