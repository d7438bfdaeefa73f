import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

import type { BpfMap } from "../../src/runtime/maps/bpf-map.ts";
import { Fd } from "../../src/runtime/sys/fd.ts";
import { mapInfo } from "../../src/runtime/sys/map-info.ts";
import { resized } from "../objects/resized.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { runOnFrame } from "../support/run-program.ts";

/** The last variable as bpftool shows it, by the types that the kernel got. */
function shown(map: BpfMap): unknown {
  using fd = Fd.duplicate(map.fd, map.name);
  const text = execFileSync("bpftool", ["-j", "map", "dump", "id", String(mapInfo(fd).id)], { encoding: "utf8" });
  const [{ formatted }] = JSON.parse(text) as [{ formatted: { value: Record<string, Record<string, unknown>[]> } }];
  return Object.values(Object.values(formatted.value)[0]!.at(-1)!)[0];
}

const corners = (count: number): { x: number; y: number }[] =>
  Array.from({ length: count }, (_, index) => ({ x: index + 10, y: -1 - index }));

describeWithKernel("a section's last array, when its size was set", {}, () => {
  it("begins with what the object has, and zeros", () => {
    const opened = resized.open();
    opened.sections.data_text.valueSize = 4 + 6;
    opened.sections.data_bytes.valueSize = 5;
    opened.sections.rodata_corners.valueSize = 8 * 7;
    opened.sections.data_matrix.valueSize = 8 * 3;
    expect(opened.data_text).toMatchObject({ one: 1, text: "ab" });
    expect(opened.data_bytes.bytes).toEqual(Uint8Array.of(1, 2, 0, 0, 0));
    expect(opened.rodata_corners.corners).toHaveLength(7);
    expect(opened.rodata_corners.corners.slice(2, 4)).toEqual([
      { x: 3, y: -3 },
      { x: 0, y: 0 },
    ]);
    expect(opened.data_matrix.matrix).toEqual([[1, 2], [3, 4], [0, 0]]); // prettier-ignore
  });

  it("is set, loaded, read and written with its new length, which bpftool sees, too", () => {
    const opened = resized.open();
    opened.sections.data_text.valueSize = 4 + 6;
    opened.sections.data_bytes.valueSize = 5;
    opened.sections.rodata_corners.valueSize = 8 * 7;
    opened.sections.data_matrix.valueSize = 8 * 3;
    opened.data_text.text = "longer";
    opened.data_bytes.bytes = Uint8Array.of(5, 4, 3, 2, 1);
    opened.rodata_corners.corners = corners(7);
    opened.data_matrix.matrix = [[9, 8], [7, 6], [5, 4]]; // prettier-ignore
    using skel = opened.load();
    expect(runOnFrame(skel.progs.read_corner)).toBe(15);
    expect([skel.data_text.text, skel.data_bytes.bytes]).toEqual(["longer", Uint8Array.of(5, 4, 3, 2, 1)]);
    expect(skel.rodata_corners.corners).toEqual(corners(7));
    expect(shown(skel.sections.rodata_corners)).toEqual(corners(7));
    expect(shown(skel.sections.data_text)).toEqual([...Buffer.from("longer")]);
    expect(shown(skel.sections.data_matrix)).toEqual([[9, 8], [7, 6], [5, 4]]); // prettier-ignore
    skel.data_matrix.matrix = [[1, 1], [2, 2], [3, 3]]; // prettier-ignore
    skel.data_text.text = "short";
    expect(shown(skel.sections.data_matrix)).toEqual([[1, 1], [2, 2], [3, 3]]); // prettier-ignore
    expect(skel.data_text.text).toBe("short");
  });

  it("may be shorter, and longer again", () => {
    const opened = resized.open({ progs: { read_corner: { autoload: false } } });
    opened.sections.rodata_corners.valueSize = 16;
    opened.rodata_corners.corners = corners(2);
    expect(opened.rodata_corners.corners).toEqual(corners(2));
    opened.sections.rodata_corners.valueSize = 32;
    expect(opened.rodata_corners.corners).toEqual([...corners(2), { x: 0, y: 0 }, { x: 0, y: 0 }]);
    opened.sections.rodata_corners.valueSize = 24;
    expect(opened.rodata_corners.corners).toHaveLength(3);
    opened.sections.rodata_corners.valueSize = 8;
    using skel = opened.load();
    expect(skel.rodata_corners.corners).toEqual(corners(1));
    expect(shown(skel.sections.rodata_corners)).toEqual(corners(1));
  });

  it("takes exactly as many elements as it has", () => {
    const opened = resized.open();
    opened.sections.rodata_corners.valueSize = 8 * 7;
    expect(() => {
      opened.rodata_corners.corners = corners(3);
    }).toThrow("rodata_corners.corners: an array of 7 takes 7 elements, not 3");
    opened.sections.data_number.valueSize = 16;
    expect(opened.data_number.number).toBe(5n);
    // No whole number of elements: it stays what it was.
    opened.sections.rodata_corners.valueSize = 8 * 7 + 1;
    expect(opened.rodata_corners.corners).toHaveLength(3);
  });
});
