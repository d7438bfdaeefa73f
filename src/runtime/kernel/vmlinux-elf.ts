import { ElfFile } from "./elf-file.ts";

/** More than any kernel has: what a broken file says must not decide how much is allocated. */
const LARGEST_BTF = 1 << 28;

/**
 * The contents of the section `.BTF` of a vmlinux, or undefined when it has none.
 *
 * Throws a `CoreGenError` with code `no-kernel-btf` when the file is damaged.
 */
export function readBtfOfElf(file: number, what: string): Uint8Array | undefined {
  const elf = new ElfFile(file, what, "no-kernel-btf");
  const section = elf.sections.find(({ name }) => name === ".BTF");
  return section && elf.read(section, LARGEST_BTF).bytes;
}
