import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openObject } from "../../src/object/open.ts";
import { resizeSection } from "../../src/object/resize-section.ts";

const { btf } = openObject(readFileSync("test/objects/map-settings.bpf.o"));
const section = (name: string): number => btf!.find(name, "datasec")!;

// The kernel checks the result, and bpftool reads it: test/kernel/map-settings.test.ts. The rules are
// libbpf's `map_btf_datasec_resize`.
describe("a section of another size", () => {
  it("has a longer last array, and all types keep their ids", () => {
    const id = section(".data.numbers");
    const resized = resizeSection(btf!, id, 8 + 8 * 1000)!;
    const data = resized.type(id);
    if (data.kind !== "datasec") throw new Error("it is no section");
    expect([data.size, data.vars.map(({ offset, size }) => [offset, size])]).toEqual([8008, [[0, 4], [8, 8000]]]); // prettier-ignore
    const last = resized.type(data.vars[1]!.type);
    expect(last).toMatchObject({ kind: "var", name: "numbers", type: btf!.typeCount });
    expect(resized.type(btf!.typeCount)).toMatchObject({ kind: "array", nelems: 1000 });
    expect(resized.typeCount).toBe(btf!.typeCount + 1);
    const others = Array.from({ length: btf!.typeCount - 1 }, (_, index) => index + 1).filter(
      (one) => one !== id && one !== data.vars[1]!.type,
    );
    expect(others.map((one) => resized.type(one))).toEqual(others.map((one) => btf!.type(one)));
    expect(btf!.type(id)).toMatchObject({ size: 16 });
  });

  it.each([
    ["no whole number of elements makes it up", ".data.numbers", 21],
    ["it would end before its last variable", ".data.numbers", 4],
    ["its last variable is no array", ".bss", 4096],
  ])("has no types when %s", (_, name, size) => {
    expect(resizeSection(btf!, section(name), size)).toBeUndefined();
  });
});
