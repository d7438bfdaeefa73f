import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { findNamed } from "../../src/btf/find-named.ts";
import { searchTypes } from "../../src/btf/search.ts";
import { BtfBuilder, everyKind } from "../support/btf-builder.ts";

const b = new BtfBuilder();
for (const name of ["tcp_sock", "tcp_request_sock", "udp_sock", "tcp", "a.b*c"]) b.int(name, 4);
const btf = Btf.parse(b.build());
const names = (pattern: string): string[] => [...searchTypes(btf, pattern)].map(({ name }) => name);

describe("searchTypes", () => {
  it.each([
    ["tcp", ["tcp_sock", "tcp_request_sock", "tcp"]],
    ["tcp_*", ["tcp_sock", "tcp_request_sock"]],
    ["*_sock", ["tcp_sock", "tcp_request_sock", "udp_sock"]],
    ["tcp_*_sock", ["tcp_request_sock"]],
    ["???_sock", ["tcp_sock", "udp_sock"]],
    ["*", ["tcp_sock", "tcp_request_sock", "udp_sock", "tcp", "a.b*c"]],
    ["tcp?*", ["tcp_sock", "tcp_request_sock"]],
    ["TCP*", []],
    ["a.b", ["a.b*c"]],
    ["*sock*sock", []],
    ["tcp*tcp", []],
  ])("%s", (pattern, expected) => {
    expect(names(pattern)).toEqual(expected);
  });
});

describe("findNamed", () => {
  const every = Btf.parse(everyKind(true).build());

  it("finds by name, or by kind and name", () => {
    expect(findNamed(every, "s")).toEqual([4]);
    expect(findNamed(every, "struct s")).toEqual([4]);
    expect(findNamed(every, "union s")).toEqual([]);
    expect(findNamed(every, "enum e64")).toEqual([19]);
    expect(findNamed(every, "func f")).toEqual([12]);
    expect(findNamed(every, "nothing")).toEqual([]);
  });

  it("finds what is in the base, too", () => {
    const split = new BtfBuilder({ base: every });
    split.composite("struct", "s", 0, []);
    expect(findNamed(Btf.parse(split.build(), { base: every }), "s")).toEqual([4, 20]);
  });
});
