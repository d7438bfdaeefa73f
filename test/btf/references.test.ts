import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { encodeLike } from "../../src/btf/encode.ts";
import { mapReferences, reachableFrom, referencesOf } from "../../src/btf/references.ts";
import { everyKind } from "../support/btf-builder.ts";

const btf = Btf.parse(everyKind(true).build());

describe("what a type refers to", () => {
  // What everyKind() writes.
  it.each<[string, number, number[]]>([
    ["void", 0, []],
    ["int", 1, []],
    ["ptr", 2, [1]],
    ["array", 3, [1, 1]],
    ["struct", 4, [1, 5, 1, 1]],
    ["union", 5, [1, 6]],
    ["enum", 6, []],
    ["fwd", 7, []],
    ["typedef", 8, [4]],
    ["volatile", 9, [1]],
    ["const", 10, [9]],
    ["restrict", 11, [2]],
    ["func", 12, [13]],
    ["func_proto", 13, [1, 2, 0]],
    ["var", 14, [1]],
    ["datasec", 15, [14]],
    ["float", 16, []],
    ["decl_tag", 17, [4]],
    ["type_tag", 18, [1]],
    ["enum64", 19, []],
  ])("is listed: %s", (kind, id, references) => {
    expect(btf.kind(id)).toBe(kind);
    expect(referencesOf(btf.type(id))).toEqual(references);
  });

  it("can be mapped, and nothing else changes", () => {
    const moved = Btf.parse(
      encodeLike(
        btf,
        Array.from({ length: 19 }, (_, index) => mapReferences(btf.type(index + 1), (id) => id + 100)),
      ),
    );
    for (let id = 1; id < btf.typeCount; id++) {
      expect(referencesOf(moved.type(id))).toEqual(referencesOf(btf.type(id)).map((to) => to + 100));
      expect(mapReferences(moved.type(id), (to) => to - 100)).toEqual(btf.type(id));
    }
  });

  it("is followed, once each, in any circle", () => {
    expect(reachableFrom(btf, [8])).toEqual([1, 4, 5, 6, 8]);
    expect(reachableFrom(btf, [12, 15])).toEqual([1, 2, 12, 13, 14, 15]);
    expect(reachableFrom(btf, [0])).toEqual([]);
    expect(reachableFrom(btf, [8], (type) => (type.kind === "typedef" ? [type.type] : []))).toEqual([4, 8]);
  });
});
