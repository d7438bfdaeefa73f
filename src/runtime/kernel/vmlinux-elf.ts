import { ElfFile, type FileOrBytes } from "./elf-file.ts";

/** More than any kernel has: what a broken file says must not decide how much is allocated. */
const LARGEST_BTF = 1 << 28;

/** The sections with types in a vmlinux or kernel module. */
export interface BtfSections {
  /** `.BTF`; undefined when there is none. */
  readonly btf: Uint8Array | undefined;
  /** `.BTF.base`: what a module's types need of the kernel's, in modules that are not built with their kernel. */
  readonly base: Uint8Array | undefined;
}

/**
 * The contents of the sections `.BTF` and `.BTF.base` of a vmlinux or kernel module.
 *
 * Throws a `CoreGenError` with code `no-kernel-btf` when the file is damaged.
 */
export function readBtfSections(file: FileOrBytes, what: string): BtfSections {
  const elf = new ElfFile(file, what, "no-kernel-btf");
  const contents = (wanted: string): Uint8Array | undefined => {
    const section = elf.sections.find(({ name }) => name === wanted);
    return section && elf.read(section, LARGEST_BTF).bytes;
  };
  return { btf: contents(".BTF"), base: contents(".BTF.base") };
}
