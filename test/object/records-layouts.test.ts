import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import type { Member, TypeTable } from "../../src/btf/types.ts";
import { openObject } from "../../src/object/open.ts";
import { findRecords } from "../../src/object/records.ts";

function open(file: string): ReturnType<typeof openObject> {
  return openObject(readFileSync(new URL(`../objects/${file}`, import.meta.url)), { what: file });
}

/** A type with everything in it, as plain values: ids differ between objects. What pointers point to is left out. */
function spell(types: TypeTable, id: number): unknown {
  const type = types.type(id);
  switch (type.kind) {
    case "struct":
    case "union":
      return {
        ...type,
        members: type.members.map((member: Member) => ({ ...member, type: spell(types, member.type) })),
      };
    case "array":
      return {
        kind: "array",
        nelems: type.nelems,
        indexType: spell(types, type.indexType),
        type: spell(types, type.type),
      };
    case "typedef":
    case "const":
    case "volatile":
    case "restrict":
      return { ...type, type: spell(types, type.type) };
    case "ptr":
      return "pointer";
    default:
      return type;
  }
}

function recordOf(file: string): { types: TypeTable; id: number; own: number } {
  const object = open(file);
  const { types, maps } = findRecords(object);
  expect(maps[0]).toMatchObject({ map: "events", source: "code", candidates: [expect.any(Number)] });
  return { types, id: maps[0]?.candidates[0] ?? 0, own: object.btf?.typeCount ?? 0 };
}

/** What clang itself writes to BTF for the same struct. */
function referee(file: string): unknown {
  const { btf } = open(file);
  return btf === undefined ? undefined : spell(btf, btf.find("everything", "struct") ?? 0);
}

describe.each([
  ["DWARF 5", "layouts.bpf.o", "layouts.in-btf.bpf.o"],
  ["DWARF 4", "layouts.dwarf4.bpf.o", "layouts.in-btf.bpf.o"],
  ["DWARF 2", "layouts.dwarf2.bpf.o", "layouts.in-btf.bpf.o"],
  ["DWARF 5, big-endian", "layouts.eb.bpf.o", "layouts.in-btf.eb.bpf.o"],
  ["DWARF 4, big-endian", "layouts.dwarf4.eb.bpf.o", "layouts.in-btf.eb.bpf.o"],
])("layout of a struct that is only in DWARF: %s", (_, file, inBtf) => {
  it("is what clang writes to BTF", () => {
    const { types, id, own } = recordOf(file);
    expect(id).toBeGreaterThanOrEqual(own);
    expect(spell(types, id)).toEqual(referee(inBtf));
  });
});

describe("a struct that is in BTF, too", () => {
  it.each(["layouts.in-btf.bpf.o", "layouts.in-btf.eb.bpf.o"])("is the BTF's own: %s", (file) => {
    const { id, own } = recordOf(file);
    expect(id).toBe(open(file).btf?.find("everything", "struct"));
    expect(id).toBeLessThan(own);
  });
});

describe("types that only a part of the struct is in BTF of", () => {
  it("reuses the BTF's ints and typedefs", () => {
    const object = open("records.bpf.o");
    const { types, maps } = findRecords(object);
    const id = maps.find(({ map }) => map === "by_reserve")?.candidates[0] ?? 0;
    const record = types.type(id);
    const pid = record.kind === "struct" ? record.members[0] : undefined;
    expect(pid).toEqual({ name: "pid", type: object.btf?.find("__u32", "typedef"), bitOffset: 0, bitSize: 0 });
  });

  it("names what pointers point to, and goes no further", () => {
    const { types, id } = recordOf("layouts.bpf.o");
    const everything = types.type(id);
    const nodeId =
      everything.kind === "struct" ? (everything.members.find(({ name }) => name === "node")?.type ?? 0) : 0;
    const node = types.type(nodeId);
    const members = node.kind === "struct" ? node.members : [];
    const pointees = members.slice(0, 3).map(({ type }) => {
      const pointer = types.type(type);
      return pointer.kind === "ptr" ? types.type(pointer.type) : pointer;
    });
    expect(pointees).toMatchObject([
      { kind: "fwd", name: "node" },
      { kind: "fwd", name: "task_struct" },
      { kind: "const" },
    ]);
  });
});
