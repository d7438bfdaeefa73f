import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { openObject } from "../../src/object/open.ts";
import { resizedLength, resizeSection } from "../../src/object/resize-section.ts";
import { describeWithReferee, libbpf } from "./referee.ts";

const path = join(import.meta.dirname, "../objects/resized.bpf.o");
const object = openObject(readFileSync(path));

describeWithReferee("the types of a section that was made longer or shorter, as libbpf has them", {}, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-resized-"));
  const program = join(folder, "resized-types");

  beforeAll(() => {
    const sources = ["resized-types.c", "isoc23.c"].map((file) => join(import.meta.dirname, file));
    const { include, archive } = libbpf();
    execFileSync("gcc", ["-O2", "-o", program, ...sources, `-I${include}`, archive, "-lelf", "-lz"]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** Every type; undefined when libbpf takes the map's types away. */
  const theirs = (section: string, size: number): unknown[] | undefined => {
    const { status, stdout, stderr } = spawnSync(program, [path, section, String(size)]);
    expect(status).toBe(0);
    return stderr.toString().startsWith("0 0") ? undefined : everyType(Btf.parse(stdout));
  };

  it.each(
    [
      [".data.text", [4, 5, 6, 8, 100]],
      [".data.bytes", [1, 2, 3, 4096]],
      [".rodata.corners", [8, 16, 20, 24, 32, 8000]],
      [".data.matrix", [4, 8, 16, 24, 28]],
      [".data.number", [8, 16]],
    ].flatMap(([section, sizes]) => (sizes as number[]).map((size) => [section as string, size] as const)),
  )("%s, %i bytes", (section, size) => {
    const map = object.maps.find(({ name }) => name === section)!;
    const ours = resizeSection(object.btf!, map.valueTypeId, size);
    expect(ours && everyType(ours)).toEqual(theirs(section, size));
    expect(resizedLength(object.btf!, map.valueTypeId, size) === undefined).toBe(ours === undefined);
  });
});

function everyType(btf: Btf): unknown[] {
  return Array.from({ length: btf.typeCount - 1 }, (_, index) => btf.type(index + 1));
}
