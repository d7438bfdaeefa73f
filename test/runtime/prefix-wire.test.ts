import { describe, expect, it } from "vitest";
import { bytes } from "../../src/runtime/codecs.ts";
import { Memory } from "../../src/runtime/memory.ts";
import { formatAddress, parseAddress } from "../../src/runtime/maps/ip-address.ts";
import { prefixWire } from "../../src/runtime/maps/prefix-wire.ts";

describe("addresses", () => {
  // Canonical forms are those of RFC 5952; bytes those of inet_pton(3).
  it.each([
    ["0.0.0.0", "00000000", "0.0.0.0"],
    ["255.1.20.3", "ff011403", "255.1.20.3"],
    ["::", "00000000000000000000000000000000", "::"],
    ["::1", "00000000000000000000000000000001", "::1"],
    ["1::", "00010000000000000000000000000000", "1::"],
    ["2001:DB8:0:0:1:0:0:1", "20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "20010000000000010000000000000001", "2001:0:0:1::1"],
    ["::ffff:192.0.2.1", "00000000000000000000ffffc0000201", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "0064ff9b0000000000000000c0000221", "64:ff9b::c000:221"],
  ])("%s is %s", (text, hex, canonical) => {
    const address = parseAddress(text)!;
    expect(Buffer.from(address).toString("hex")).toBe(hex);
    expect(formatAddress(address)).toBe(canonical);
  });

  it.each(["", "1.2.3", "01.2.3.4", "1.2.3.256", ":::", "1:2:3:4:5:6:7", "fe80::1%lo", "::1.2.3", "g::"])(
    "%j is none",
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});

describe("prefixes", () => {
  const wire = prefixWire(bytes(8));
  const written = (text: string): string => {
    const memory = new Memory(new Uint8Array(8), true);
    wire.write(memory, 0, text);
    return wire.read(memory, 0);
  };

  it.each([
    ["10.255.255.255/8", "10.0.0.0/8"],
    ["10.255.255.255/9", "10.128.0.0/9"],
    ["10.255.255.255/31", "10.255.255.254/31"],
    ["10.255.255.255", "10.255.255.255/32"],
    ["10.255.255.255/0", "0.0.0.0/0"],
  ])("%s is %s", (text, prefix) => {
    expect(written(text)).toBe(prefix);
  });

  it("that are none say what would be one", () => {
    expect(() => written("::1/128")).toThrow(new RangeError('"::1/128" is no IPv4 prefix, such as "10.0.0.0/8"'));
    expect(() => written("1.2.3.4/33")).toThrow(new RangeError('"1.2.3.4/33": a prefix of IPv4 has 0 to 32 bits'));
  });
});
