import { Btf } from "../../../src/btf/btf.ts";
import { rawBtf } from "../../../src/runtime/kernel/probe-btf.ts";

const names = [
  "int",
  "double",
  "user",
  "e",
  "minus",
  "big",
  "first",
  "second",
  "f",
  "x",
  "v",
  "tag",
  ".data",
  "?.ops",
  "s",
  "d",
  "b",
];

function name(text: string): number {
  const at = names.indexOf(text);
  if (at < 0) throw new Error(`${text} is not among the names`);
  return names.slice(0, at).reduce((offset, other) => offset + other.length + 1, 1);
}

const info = (kind: number, vlen = 0): number => kind * 2 ** 24 + vlen;
const FLAG = 2 ** 31;

/** BTF with every kind that some kernel does not know; the comment before each line is its type id. */
export function everyKind(): Btf {
  const words = [
    /* 1 */ [name("int"), info(1), 4, 0x0100_0020],
    /* 2 */ [name("double"), info(16), 8],
    /* 3 */ [name("user"), info(18), 1],
    /* 4 */ [0, info(2), 3],
    /* 5 */ [name("e"), info(6, 1) + FLAG, 4, name("minus"), 0xffff_ffff],
    /* 6 */ [name("big"), info(19, 2), 8, name("first"), 0, 1, name("second"), 0, 2],
    /* 7 */ [0, info(13, 1), 0, name("x"), 1],
    /* 8 */ [name("f"), info(12, 1), 7],
    /* 9 */ [name("v"), info(14), 1, 1],
    /* 10 */ [name("tag"), info(17), 9, 0xffff_ffff],
    /* 11 */ [name(".data"), info(15, 1), 4, 9, 0, 4],
    /* 12 */ [name("?.ops"), info(15, 1), 4, 9, 0, 4],
    /* 13 */ [name("s"), info(4, 2), 16, name("d"), 2, 0, name("b"), 6, 64],
  ];
  return Btf.parse(rawBtf(words.flat(), names.join("\0")), { what: "every kind" });
}
