import { ByteWriter } from "../../src/btf/bytes.ts";
import type { BtfBuilder } from "./btf-builder.ts";
import { ElfBuilder } from "./elf-builder.ts";

/** One CO-RE relocation to write; `type` is an id in the object's BTF, `kind` its number. */
export interface RawRelocation {
  readonly insn: number;
  readonly type: number;
  readonly access: string;
  readonly kind: number;
}

/** A line of C that instructions from `insn` on come from. */
export interface RawLine {
  readonly insn: number;
  readonly line: number;
  readonly text: string;
}

const SECTION = "socket";

/** An object with one program `p`, of these types, instructions and relocations. Lines are of a file called "p.bpf.c". */
export function relocatableObject(
  btf: BtfBuilder,
  insns: readonly bigint[],
  relocations: readonly RawRelocation[],
  lines: readonly RawLine[] = [],
): Uint8Array {
  const elf = new ElfBuilder(btf.littleEndian);
  const code = elf.code(SECTION, insns);
  elf.symbol({ name: "p", section: code, type: 2, size: insns.length * 8 });
  const lineRecords = lines.map(({ insn, line, text }) => [
    insn * 8,
    btf.string("p.bpf.c"),
    btf.string(text),
    (line << 10) | 5,
  ]);
  const relocationRecords = relocations.map(({ insn, type, access, kind }) => [
    insn * 8,
    type,
    btf.string(access),
    kind,
  ]);
  elf.data(".BTF.ext", ext(btf, lineRecords, relocationRecords));
  elf.data(".BTF", btf.build());
  return elf.build();
}

type Records = readonly (readonly number[])[];

function ext(btf: BtfBuilder, lines: Records, relocations: Records): Uint8Array {
  const parts = [lines, relocations].map((records) => part(btf, records));
  const [lineLength = 0, relocationLength = 0] = parts.map(({ length }) => length);
  const out = new ByteWriter(btf.littleEndian);
  out.u16(0xeb9f);
  out.u8(1);
  out.u8(0);
  out.u32(32);
  for (const word of [0, 0, 0, lineLength, lineLength, relocationLength]) out.u32(word);
  for (const bytes of parts) out.append(bytes);
  return out.finish();
}

function part(btf: BtfBuilder, records: Records): Uint8Array {
  const out = new ByteWriter(btf.littleEndian);
  if (records.length === 0) return out.finish();
  out.u32(16);
  out.u32(btf.string(SECTION));
  out.u32(records.length);
  for (const record of records) for (const word of record) out.u32(word);
  return out.finish();
}
