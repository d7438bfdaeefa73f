import { LONGEST_NAME } from "../btf/bytes.ts";
import { parseBtfExt, type BtfExt } from "../btf/ext.ts";
import type { Btf } from "../btf/btf.ts";
import { CoreGenError } from "../errors.ts";
import { parseElf, type Elf } from "./elf/elf.ts";
import { addArenaData } from "./arena.ts";
import { readExterns } from "./externs.ts";
import { readDataMaps } from "./globals.ts";
import { readInitialSlots } from "./initial-slots.ts";
import { readMaps } from "./maps.ts";
import type { BpfObject } from "./model.ts";
import { readFunctions, type FindSection } from "./programs.ts";
import { readObjectBtf, repairBtf } from "./repair-btf.ts";
import { findSectionDef } from "./sections.ts";
import { readStructOps } from "./struct-ops.ts";

/** How {@link openObject} reads. */
export interface OpenObjectOptions {
  /** What the bytes are called in errors: a path. */
  readonly what?: string;
  /** What sections of programs mean, given without their "?". Default: {@link findSectionDef}, what libbpf's table says. */
  readonly findSection?: FindSection;
}

/**
 * Reads a compiled BPF object: programs, maps, global data, externs, BTF. The same value on every machine.
 *
 * Throws a `CoreGenError` with code `bad-elf`, `bad-btf` or `bad-object` that names what is wrong.
 *
 * @example
 * const object = openObject(readFileSync("execsnoop.bpf.o"), { what: "execsnoop.bpf.o" });
 * object.programs.map((program) => program.name); // ["handle_execve"]
 */
export function openObject(bytes: Uint8Array, options: OpenObjectOptions = {}): BpfObject {
  const elf = parseElf(bytes, options.what);
  const written = readObjectBtf(elf);
  const externs = readExterns(elf, written);
  const btf = written && repairBtf(elf, written);
  const maps = [...addArenaData(elf, btf, readMaps(elf, btf)), ...readDataMaps(elf, btf)];
  const { programs, subprograms } = readFunctions(elf, { maps, externs }, options.findSection ?? findSectionDef);
  const slots = readInitialSlots(elf, maps, programs);
  return {
    elf,
    littleEndian: elf.littleEndian,
    license: readLicense(elf),
    kernelVersion: readKernelVersion(elf),
    btf,
    ext: readObjectExt(elf, btf),
    programs,
    subprograms,
    maps: [
      ...maps.map(({ map }, index) => ({ ...map, slots: slots.get(index) ?? [] })),
      ...readStructOps(elf, btf, programs),
    ],
    externs: externs.map(({ extern }) => extern),
  };
}

function readObjectExt(elf: Elf, btf: Btf | undefined): BtfExt | undefined {
  const section = elf.section(".BTF.ext");
  if (section === undefined || btf === undefined) return undefined;
  return parseBtfExt(section.data, (offset) => btf.string(offset, LONGEST_NAME), `${elf.what}, section .BTF.ext`);
}

function readLicense(elf: Elf): string {
  const section = elf.section("license");
  if (section === undefined) return "";
  const end = section.data.indexOf(0);
  return new TextDecoder().decode(end < 0 ? section.data : section.data.subarray(0, end));
}

function readKernelVersion(elf: Elf): number {
  const section = elf.section("version");
  if (section === undefined) return 0;
  if (section.size !== 4) {
    throw new CoreGenError(
      "bad-object",
      `${elf.what}: the section "version" is ${section.size} bytes long, a kernel version has 4`,
    );
  }
  return elf.reader(section).u32(0);
}
