import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { generateSkeleton } from "../../src/generator/index.ts";
import { openObject } from "../../src/object/open.ts";
import { KernelTime } from "../../src/runtime/kernel-time.ts";
import { Memory } from "../../src/runtime/memory.ts";
import { codecOf, evaluateModule } from "./support/evaluate.ts";

/*
 * Members with decl tags, in the initial value that clang made of test/objects/hints.bpf.c for machines of both byte
 * orders: read, they are what the C source says, and written, they are the same bytes.
 */

const sample = {
  name: "käse",
  signed_name: "signed",
  saddr: "10.0.0.1",
  quad: "192.168.1.254",
  peer: "127.0.0.1",
  hops: ["1.2.3.4", "8.8.4.4"],
  quads: ["1.1.1.1", "9.9.9.9"],
  six: "fe80::1",
  peer6: "2001:db8::abcd",
  words6: "::ffff:192.168.0.1",
  mac: "02:42:ac:11:00:0f",
  macs: ["01:02:03:04:05:06", "ff:ff:ff:ff:ff:ff"],
  port: 443,
  ports: [8080, 1],
  seq: 0xfedcba98,
  delta: -5,
  cookie: 0x0123456789abcdefn,
  at: new KernelTime(1234567890123456789n),
  bytes: Number.MAX_SAFE_INTEGER,
  balance: Number.MIN_SAFE_INTEGER,
  totals: [1, 2 ** 32 + 2],
  small: 0xabcdef0123,
  large: 0x123456n,
  inner: "5.6.7.8",
  v4: "10.20.30.40",
  v6: "a14:1e28::",
  plain: 0xfedcba98,
};

function object(name: string): Uint8Array {
  return readFileSync(new URL(`../objects/${name}.bpf.o`, import.meta.url));
}

describe.each(["hints", "hints.eb", "hints.stripped"])("the hints of %s", { timeout: 60_000 }, (name) => {
  const bytes = object(name);
  const { maps, littleEndian } = openObject(bytes);
  const contents = maps.find(({ data }) => data?.section === ".data")?.data?.contents ?? new Uint8Array();

  it("read and write what the compiler has written", async () => {
    const { text } = await generateSkeleton(bytes, { fileName: "hints.bpf.o" });
    const codec = codecOf(evaluateModule(text), "Hinted");
    expect(codec.read(new Memory(contents, littleEndian), 0)).toEqual(sample);
    const written = new Uint8Array(codec.size).fill(0xa5);
    codec.write(new Memory(written, littleEndian), 0, sample);
    expect(written).toEqual(contents.subarray(0, codec.size));
  });

  it("are on variables, too", async () => {
    const { text } = await generateSkeleton(bytes, { fileName: "hints.bpf.o" });
    expect(text).toContain("  gateway: string;");
    expect(text).toContain("  started: KernelTime;");
  });
});

describe("hints", { timeout: 60_000 }, () => {
  it("are in the debug info of structs that only a function knows", async () => {
    const { text } = await generateSkeleton(object("hints"));
    expect(text).toMatch(
      /interface Event \{[^}]*at: KernelTime;[^}]*from: string;[^}]*port: number;[^}]*note: string;/u,
    );
  });

  it.each([
    ["typo", "struct typo, member a: the decl tag \"core-gen:ipv5\": there is no such hint: there are string, ipv4, ipv6, mac, be, ktime, number"],
    ["twice", "struct twice, member a: the decl tag \"core-gen:ipv4\": it has \"core-gen:be\", too, and only one can be right"],
    ["misfit", "struct misfit, member a: the decl tag \"core-gen:ipv4\": it is for 4 bytes, and this is something else"],
    ["misfit-bits", "struct misfit_bits, member a: the decl tag \"core-gen:number\": numbers have 53 bits, and this bit-field has 54"],
  ])("that can't be right are refused: %s", async (name, message) => {
    await expect(generateSkeleton(object(`hints.${name}.stripped`))).rejects.toMatchObject({ code: "bad-object", message });
  }); // prettier-ignore

  it("refuse values that are something else", async () => {
    const { text } = await generateSkeleton(object("hints"), { fileName: "hints.bpf.o" });
    const codec = codecOf(evaluateModule(text), "Hinted");
    const write = (change: object): void => {
      codec.write(new Memory(new Uint8Array(codec.size)), 0, { ...sample, ...change });
    };
    expect(() => {
      write({ saddr: "10.0.0" });
    }).toThrow(new RangeError('"10.0.0" is not an IPv4 address'));
    expect(() => {
      write({ saddr: "::1" });
    }).toThrow(new RangeError('"::1" is not an IPv4 address'));
    expect(() => {
      write({ six: "10.0.0.1" });
    }).toThrow(new RangeError('"10.0.0.1" is not an IPv6 address'));
    expect(() => {
      write({ mac: "02:42-ac:11:00:02" });
    }).toThrow(new RangeError('"02:42-ac:11:00:02" is not a MAC address'));
    expect(() => {
      write({ saddr: 5 });
    }).toThrow(new TypeError("an IPv4 address is given as text, not as 5"));
    expect(() => {
      write({ bytes: 2 ** 53 });
    }).toThrow(/does not fit u64/u);
    expect(() => {
      write({ at: 5n });
    }).toThrow(new TypeError("a ktime takes a KernelTime, not 5n"));
    expect(() => {
      write({ port: 65536 });
    }).toThrow(/does not fit u16/u);
    expect(() => {
      write({ v4: "1.2.3.4" });
    }).toThrow(/union members v4 and v6 hold different bytes/u);
  });
});

describe("KernelTime", () => {
  it("is a moment of this machine", () => {
    const before = Date.now();
    const moment = KernelTime.now();
    expect(Math.abs(moment.toDate().getTime() - before)).toBeLessThan(1000);
    expect(new KernelTime(moment.ns - 3_600_000_000_000n).toDate().getTime()).toBeLessThan(before - 3_599_000);
    expect(JSON.stringify({ moment })).toMatch(/^\{"moment":"\d{4}-\d\d-\d\dT[^"]+Z"\}$/u);
    expect(JSON.stringify(new KernelTime(-1n << 100n))).toBe("null");
  });
});
