import { attachTypes, mapTypes, programTypes, type MapTypeName, type ProgramTypeName } from "../../object/bpf-enums.ts";
import { encodeInsns, EXIT, type Insn } from "../../object/insn/insn.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { Attr, bpf, BPF_BTF_LOAD, BPF_F_TOKEN_FD, BPF_MAP_CREATE, BPF_PROG_LOAD } from "../sys/bpf.ts";
import { Fd } from "../sys/fd.ts";

/** An instruction of a program that is loaded only to see whether the kernel takes it. */
export const insn = (code: number, dst = 0, src = 0, off = 0, imm = 0): Insn => ({ code, dst, src, off, imm });

const MOV64_IMM = 0xb7;

/** The smallest program. */
export const RETURN_0: readonly Insn[] = [insn(MOV64_IMM), insn(EXIT)];

let token: Fd | undefined;

/** The BPF token that programs, maps and types are tried with; undefined for none. */
export function probingToken(): Fd | undefined {
  return token;
}

/** Tries with the privilege of a BPF token, as long as `run` runs (libbpf: `token_fd` of the cache of features). */
export function probingWith<T>(given: Fd | undefined, run: () => T): T {
  const before = token;
  token = given;
  try {
    return run();
  } finally {
    token = before;
  }
}

function tokenFlag(): number {
  return token === undefined ? 0 : BPF_F_TOKEN_FD;
}

/** Attributes of so many bytes, or with a token up to where its descriptor goes: old kernels refuse what they don't know. */
function newAttr(size: number, tokenAt: number): Attr {
  return token === undefined ? new Attr(size) : new Attr(tokenAt + 4).u32(tokenAt, token.number);
}

/** What {@link tryProgram} sets beside type and instructions. */
export interface ProgramTrial {
  readonly attachType?: (typeof attachTypes)[number];
  readonly attachBtfId?: number;
  readonly flags?: number;
  readonly kernelVersion?: number;
  readonly name?: string;
  /** Types and `struct bpf_func_info` records. */
  readonly functions?: { readonly btf: Fd; readonly records: Uint8Array };
  /** Where the verifier's log goes. */
  readonly log?: Uint8Array;
}

/** Loads a program; returns its descriptor, or minus errno. */
export function tryProgram(type: ProgramTypeName, insns: readonly Insn[], trial: ProgramTrial = {}): number {
  const { attachType, attachBtfId = 0, flags = 0, kernelVersion = 0, name, functions, log } = trial;
  // Up to the last field that old kernels have.
  const attr = newAttr(120, 144)
    .u32(0, programTypes.indexOf(type))
    .u32(4, insns.length)
    .pointer(8, encodeInsns(insns, hostIsLittleEndian))
    .text(16, "GPL")
    .u32(40, kernelVersion)
    .u32(44, flags | tokenFlag())
    .u32(68, attachType === undefined ? 0 : attachTypes.indexOf(attachType))
    .u32(108, attachBtfId);
  if (log !== undefined) attr.u32(24, 1).u32(28, log.length).pointer(32, log);
  if (name !== undefined) attr.name(48, name);
  if (functions !== undefined) {
    const { btf, records } = functions;
    attr
      .u32(72, btf.number)
      .u32(76, 8)
      .pointer(80, records)
      .u32(88, records.length / 8);
  }
  return bpf(BPF_PROG_LOAD, attr);
}

/** What {@link tryMap} is told. */
export interface MapTrial {
  readonly keySize?: number;
  readonly valueSize?: number;
  readonly maxEntries?: number;
  readonly flags?: number;
  readonly innerMap?: Fd;
  readonly btf?: { readonly number: number; readonly keyTypeId: number; readonly valueTypeId: number };
  readonly vmlinuxValueTypeId?: number;
}

/** Creates a map; returns its descriptor, or minus errno. */
export function tryMap(type: MapTypeName, trial: MapTrial): number {
  const { keySize = 4, valueSize = 4, maxEntries = 1, flags = 0, innerMap, btf, vmlinuxValueTypeId = 0 } = trial;
  const attr = newAttr(64, 76)
    .u32(0, mapTypes.indexOf(type))
    .u32(4, keySize)
    .u32(8, valueSize)
    .u32(12, maxEntries)
    .u32(16, flags | tokenFlag())
    .u32(20, innerMap?.number ?? 0)
    .u32(60, vmlinuxValueTypeId);
  if (btf !== undefined) attr.u32(48, btf.number).u32(52, btf.keyTypeId).u32(56, btf.valueTypeId);
  return bpf(BPF_MAP_CREATE, attr);
}

/** Loads types; returns their descriptor, or minus errno. */
export function tryBtf(bytes: Uint8Array): number {
  const attr = newAttr(28, 36).pointer(0, bytes).u32(16, bytes.length);
  return bpf(BPF_BTF_LOAD, token === undefined ? attr : attr.u32(32, BPF_F_TOKEN_FD));
}

/** Whether it is a descriptor, which is closed. */
export function succeeds(number: number): boolean {
  if (number < 0) return false;
  new Fd(number, "a probe").close();
  return true;
}

/** What `use` says of a descriptor, which is closed afterwards; false where there is none. */
export function withProbe(number: number, use: (fd: Fd) => boolean): boolean {
  if (number < 0) return false;
  using fd = new Fd(number, "a probe");
  return use(fd);
}
