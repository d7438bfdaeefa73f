import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isCoreGenError } from "../../../src/errors.ts";
import { isElf } from "../../../src/runtime/kernel/elf-file.ts";
import { readBtfSections } from "../../../src/runtime/kernel/vmlinux-elf.ts";

/** An ELF64 file with the given sections, the first of them the names (System V ABI, chapter 4). */
function elfFile(
  sections: readonly (readonly [name: string, contents: Uint8Array])[],
  littleEndian: boolean,
): Uint8Array {
  const names = Buffer.from(`\0.names\0${sections.map(([name]) => `${name}\0`).join("")}`);
  const all: (readonly [string, Uint8Array])[] = [["", new Uint8Array()], [".names", names], ...sections];
  const size = all.reduce((sum, [, contents]) => sum + contents.length, 64);
  const file = new Uint8Array(size + all.length * 64);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, littleEndian ? 1 : 2, 1]);
  view.setBigUint64(40, BigInt(size), littleEndian);
  view.setUint16(58, 64, littleEndian);
  view.setUint16(60, all.length, littleEndian);
  view.setUint16(62, 1, littleEndian);
  let at = 64;
  all.forEach(([name, contents], index) => {
    const header = size + index * 64;
    file.set(contents, at);
    view.setUint32(header, Math.max(0, names.indexOf(`\0${name}\0`) + 1), littleEndian);
    view.setBigUint64(header + 24, BigInt(at), littleEndian);
    view.setBigUint64(header + 32, BigInt(contents.length), littleEndian);
    at += contents.length;
  });
  return file;
}

const btf = Uint8Array.from({ length: 100 }, (_, index) => index);
const text: readonly [string, Uint8Array] = [".text", new Uint8Array(33)];

describe("readBtfSections", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "core-gen-elf-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function read(bytes: Uint8Array): Uint8Array | undefined {
    const path = join(folder, "vmlinux");
    writeFileSync(path, bytes);
    const file = openSync(path, "r");
    try {
      return isElf(file) ? readBtfSections(file, "vmlinux").btf : undefined;
    } finally {
      closeSync(file);
    }
  }

  it.each([true, false])("finds the section (little-endian: %s)", (littleEndian) => {
    expect(read(elfFile([text, [".BTF", btf]], littleEndian))).toEqual(btf);
  });

  it("finds none where there is none", () => {
    expect(read(elfFile([text, [".BTF_ids", btf]], true))).toBeUndefined();
    expect(read(new TextEncoder().encode("not ELF"))).toBeUndefined();
    expect(read(new Uint8Array())).toBeUndefined();
  });

  it("says where a file is cut off, wherever that is", () => {
    const whole = elfFile([text, [".BTF", btf]], true);
    for (let length = 4; length < whole.length; length++) {
      let error: unknown;
      try {
        read(whole.subarray(0, length));
      } catch (thrown) {
        error = thrown;
      }
      expect(isCoreGenError(error) && error.code).toBe("no-kernel-btf");
    }
  });

  it("does not believe sizes that no kernel has", () => {
    const file = elfFile([[".BTF", btf]], true);
    new DataView(file.buffer).setBigUint64(file.length - 32, 2n ** 40n, true);
    expect(() => read(file)).toThrow("vmlinux: section .BTF is 1099511627776 bytes long");
  });
});
