import { arch } from "node:os";
import { CoreGenError } from "../../errors.ts";
import { nearNames } from "../../object/near-names.ts";
import { parseUsdtArguments, type UsdtArgument, type UsdtMachine } from "../../object/usdt/arguments.ts";
import { readUsdtNotes, type UsdtNote } from "../../object/usdt/notes.ts";
import { placeOf, type UsdtPlace } from "../../object/usdt/places.ts";
import type { ElfFile } from "./elf-file.ts";
import { withExecutable } from "./executable.ts";
import { hasFeature } from "./features.ts";

/** More than any program has: a broken file's word must not decide how much is allocated. */
const LARGEST_NOTES = 1 << 28;
const SHT_NOTE = 7;
const ET_EXEC = 2;
const ET_DYN = 3;

/** A probe of a file, by the names that its `sys/sdt.h` gave it. */
export interface UsdtProbe {
  readonly binary: string;
  readonly provider: string;
  readonly name: string;
}

/** One place of a probe in a file, ready to be probed. */
export interface UsdtTarget extends UsdtPlace {
  /** As the file says them, and read. */
  readonly argumentText: string;
  readonly args: readonly UsdtArgument[];
  /** Whether `address` is where it is in memory, too: the file is not position-independent. */
  readonly fixed: boolean;
}

/**
 * Finds all places of a probe in an executable or shared library (libbpf: `collect_usdt_targets`), at least one.
 *
 * Throws a `CoreGenError`: `bad-input` for a file without the probe, with the names that are near, or for another machine;
 * `unsupported` for arguments that core-gen doesn't understand.
 */
export function findUsdtTargets({ binary, provider, name }: UsdtProbe): UsdtTarget[] {
  const probe = `the USDT probe ${provider}:${name} in ${binary}`;
  return withExecutable(binary, `looking for ${probe}`, ({ elf, start }) => {
    const machine = checkMachine(elf, probe);
    const notes = readNotes(elf, binary, probe);
    const found = notes.filter((note) => note.provider === provider && note.name === name);
    if (found.length === 0) throw noSuchProbe(notes, provider, name, probe);
    const base = elf.sections.find((section) => section.name === ".stapsdt.base")?.address;
    const segments = elf.readSegments();
    return found.map((note) => {
      const place = placeOf(note, base === undefined ? undefined : BigInt(base), segments, probe);
      const args = parseUsdtArguments(note.args, machine, probe);
      const inFile = inArchive(atFasterPlace(elf, place), BigInt(start));
      return { ...inFile, argumentText: note.args, args, fixed: elf.type === ET_EXEC };
    });
  });
}

/** Of a library in an archive, the kernel sees the archive. */
function inArchive({ offset, semaphoreOffset, address }: UsdtPlace, start: bigint): UsdtPlace {
  const hasSemaphore = semaphoreOffset !== 0n;
  return { offset: offset + start, semaphoreOffset: hasSemaphore ? semaphoreOffset + start : 0n, address };
}

/** `EM_*` of the machines that arguments are understood of. */
const machines: ReadonlyMap<string, readonly [elf: number, machine: UsdtMachine]> = new Map([
  ["x64", [62, "x64"]],
  ["arm64", [183, "arm64"]],
  ["s390x", [22, "s390x"]],
  ["riscv64", [243, "riscv64"]],
]);

function checkMachine(elf: ElfFile, probe: string): UsdtMachine {
  const [number, machine] = machines.get(arch()) ?? [];
  if (machine === undefined)
    throw new CoreGenError("unsupported", `looking for ${probe}: USDT probes are not known for ${arch()}`);
  if (elf.machine !== number) {
    const other = [...machines].find(([, [code]]) => code === elf.machine)?.[0] ?? `ELF machine ${elf.machine}`;
    throw new CoreGenError(
      "bad-input",
      `looking for ${probe}: the file is for ${other}, and this machine is ${arch()}`,
    );
  }
  if (elf.type !== ET_EXEC && elf.type !== ET_DYN)
    throw new CoreGenError("bad-input", `looking for ${probe}: the file is neither an executable nor a shared library`);
  return machine;
}

function readNotes(elf: ElfFile, binary: string, probe: string): UsdtNote[] {
  const section = elf.sections.find(({ name }) => name === ".note.stapsdt");
  if (section === undefined) {
    throw new CoreGenError("bad-input", `looking for ${probe}: the file has no USDT probes`, {
      hints: ["Those that were compiled with <sys/sdt.h> have a section .note.stapsdt: readelf -n FILE."],
    });
  }
  if (section.type !== SHT_NOTE)
    throw new CoreGenError("bad-input", `looking for ${probe}: the section .note.stapsdt of ${binary} has no notes`);
  return readUsdtNotes(elf.read(section, LARGEST_NOTES));
}

function noSuchProbe(notes: readonly UsdtNote[], provider: string, name: string, probe: string): CoreGenError {
  const all = [...new Set(notes.map((note) => `${note.provider}:${note.name}`))].sort();
  const near = nearNames(`${provider}:${name}`, all);
  const providers = [...new Set(notes.map((note) => note.provider))].sort();
  return new CoreGenError("bad-input", `looking for ${probe}: the file has none of that name`, {
    hints: [
      ...(near.length > 0 ? [`Near it: ${near.join(", ")}.`] : []),
      providers.includes(provider)
        ? `Of ${provider} it has: ${shorten(all.filter((one) => one.startsWith(`${provider}:`)).map((one) => one.slice(provider.length + 1)))}.`
        : `Its providers: ${shorten(providers)}.`,
    ],
  });
}

function shorten(names: readonly string[]): string {
  const MOST = 20;
  return names.length <= MOST ? names.join(", ") : `${names.slice(0, MOST).join(", ")} and ${names.length - MOST} more`;
}

/**
 * Probes that are compiled as `nop; nop5` are set on the second one, which newer kernels turn into a call instead of a trap
 * (libbpf: `has_nop_combo`; x86-64).
 */
function atFasterPlace(elf: ElfFile, place: UsdtPlace): UsdtPlace {
  if (arch() !== "x64" || !isNopAndNop5(elf, place.offset) || !hasFeature("uprobe-syscall")) return place;
  return { ...place, offset: place.offset + 1n, address: place.address + 1n };
}

const NOP_AND_NOP5 = [0x90, 0x0f, 0x1f, 0x44, 0x00, 0x00];

function isNopAndNop5(elf: ElfFile, offset: bigint): boolean {
  const bytes = elf.bytesAt(Number(offset), NOP_AND_NOP5.length);
  return bytes.length === NOP_AND_NOP5.length && bytes.every((byte, index) => byte === NOP_AND_NOP5[index]);
}
