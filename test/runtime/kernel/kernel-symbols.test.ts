import { describe, expect, it } from "vitest";
import { KernelSymbols } from "../../../src/runtime/kernel/kernel-symbols.ts";

const symbols = new KernelSymbols([
  "ffffffff81000200 T second",
  "0000000000001000 A a_variable_of_each_cpu",
  "ffffffff81000000 t first",
  "ffffffffc0000000 t third\t[veth]",
  "ffffffff82000000 D a_variable",
  "",
]);

describe("the kernel's symbols", () => {
  it.each([
    [0xffffffff81000000n, { name: "first", offset: 0, module: undefined }],
    [0xffffffff810001ffn, { name: "first", offset: 0x1ff, module: undefined }],
    [0xffffffff81000200n, { name: "second", offset: 0, module: undefined }],
    [0xffffffffc0000010n, { name: "third", offset: 16, module: "veth" }],
    [0x7fff_0000_0000n, undefined],
  ])("have %i", (address, symbol) => {
    expect(symbols.find(address)).toEqual(symbol);
  });
});
