import { describe, expect, it } from "vitest";

import { tcmsg } from "../../../src/runtime/links/tcmsg.ts";
import { hostIsLittleEndian } from "../../../src/runtime/memory.ts";
import { Attributes, AttributeWriter } from "../../../src/runtime/sys/netlink-attributes.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

// The bytes are what `tc filter add dev lo egress prio 5 handle 7 bpf da obj packets.bpf.o sec tc` sends: strace -xx.
describe.runIf(hostIsLittleEndian)("netlink messages", () => {
  it("of attributes, each padded to four bytes", () => {
    const options = new AttributeWriter().i32(6, 8).text(7, "packets.bpf.o:[tc]").u32(8, 1);
    expect(hex(new AttributeWriter().text(1, "bpf").nested(2, options).bytes)).toBe(
      "0800010062706600" +
        "2c000200" +
        "0800060008000000" +
        "170007007061636b6574732e6270662e6f3a5b74635d0000" +
        "0800080001000000",
    );
  });

  it("of a filter's header, the protocol in network byte order", () => {
    expect(hex(tcmsg({ index: 1, parent: 0xfffffff3, handle: 7, priority: 5 }))).toBe(
      "00000000" + "01000000" + "07000000" + "f3ffffff" + "00030500",
    );
  });
});

describe("Attributes", () => {
  const written = new AttributeWriter()
    .text(3, "eth0")
    .u32(4, 0xfedcba98)
    .nested(43, new AttributeWriter().raw(2, new Uint8Array([1])).u32(4, 12));

  it("reads what was written", () => {
    const read = new Attributes(written.bytes);
    expect([read.text(3), read.u32(4)]).toEqual(["eth0", 0xfedcba98]);
    expect([read.nested(43).u8(2), read.nested(43).u32(4)]).toEqual([1, 12]);
  });

  it("takes the flags of a type for no part of it", () => {
    const flagged = new AttributeWriter().nested(0x8000 | 43, new AttributeWriter().u32(1, 5));
    expect(new Attributes(flagged.bytes).nested(43).u32(1)).toBe(5);
  });

  it("has nothing where there is nothing", () => {
    const read = new Attributes(written.bytes);
    expect([read.text(9), read.u32(9), read.u8(9), read.nested(9).u32(1)]).toEqual(Array(4).fill(undefined));
    expect(new Attributes(new AttributeWriter().raw(1, new Uint8Array(2)).bytes).u32(1)).toBeUndefined();
  });

  it("comes to an end whatever the bytes are", () => {
    for (let end = 0; end < written.bytes.length; end++) new Attributes(written.bytes.subarray(0, end));
    for (const length of [0, 1, 3, 0xffff]) {
      const bytes = new Uint8Array(written.bytes);
      new DataView(bytes.buffer).setUint16(0, length, hostIsLittleEndian);
      expect(new Attributes(bytes).text(3)).toBeUndefined();
    }
  });
});
