import { calledModules, fillInExterns } from "../../co-re/fill-in-externs.ts";
import { attachTypes } from "../../object/bpf-enums.ts";
import { encodeInsns, type Insn } from "../../object/insn/insn.ts";
import type { SectionDef } from "../../object/sections.ts";
import { CloseStack } from "../close-stack.ts";
import { hasFeature } from "../kernel/features.ts";
import { kernelVersionCode } from "../kernel/kernel-version.ts";
import { VerifierError } from "../errors.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { Attr, bpf, BPF_PROG_BIND_MAP, BPF_PROG_LOAD, BPF_F_TOKEN_FD } from "../sys/bpf.ts";
import { Fd } from "../sys/fd.ts";
import { fillInMaps, replaceMissingHelpers } from "./fill-in.ts";
import { explainRefusal } from "./explain-refusal.ts";
import { fillInJumpTables } from "./jump-tables.ts";
import { loadWithLog, type LoggedLoad } from "./load-with-log.ts";
import { logEvent } from "./log-events.ts";
import { logPoisoned } from "./log-programs.ts";
import type { PreparedProgram } from "./prepare-programs.ts";
import type { LoadedProgram, ProgramContext } from "./types.ts";

const BPF_F_SLEEPABLE = 1 << 4;
const BPF_F_XDP_HAS_FRAGS = 1 << 5;
/** Bytes of union bpf_attr up to `log_true_size`, which kernels since 6.4 write. */
const ATTR_SIZE = 144;
/** And up to `prog_token_fd`. */
const ATTR_SIZE_WITH_TOKEN = 148;

/** Loads programs one after the other. `opened` gets each as it is loaded. Throws a `VerifierError` or a `KernelError`. */
export function loadPrograms(
  programs: readonly PreparedProgram[],
  context: ProgramContext,
  opened: CloseStack,
): Map<string, LoadedProgram> {
  const loaded = new Map<string, LoadedProgram>();
  for (const prepared of programs) {
    const one = loadProgram(prepared, context, opened);
    bindConstants(one.fd, context);
    loaded.set(prepared.program.name, one);
  }
  return loaded;
}

function loadProgram(prepared: PreparedProgram, context: ProgramContext, opened: CloseStack): LoadedProgram {
  const { program } = prepared;
  const insns = prepared.insns.map((insn) => ({ ...insn }));
  fillInMaps(context.object, insns, prepared.relocations, context.maps);
  fillInExterns(insns, prepared.relocations, context.externs, (module) => context.modules.numberOf(module));
  using jumpTables = new CloseStack();
  fillInJumpTables(prepared, insns, context, jumpTables);
  replaceMissingHelpers(insns);
  logPoisoned(program.name, prepared.parts, context);
  const encode = (): Attr => encodeProgram(prepared, insns, context);
  const { result, log, truncated, errno } = tryToLoad(encode, context.logLevels.get(program.name) ?? 0);
  const { onLog } = context;
  if (result < 0) {
    const error = explainRefusal(prepared, context, { errno, log, truncated });
    logEvent(onLog, { kind: "program-refused", program: program.name, errno: error.errno });
    if (error instanceof VerifierError) logVerifier(context, program.name, error.log);
    throw error;
  }
  const fd = opened.add(new Fd(result, `program "${program.name}"`));
  logEvent(onLog, { kind: "program-loaded", program: program.name, fd: fd.number, instructions: insns.length });
  logVerifier(context, program.name, log);
  return { program, fd, log, maps: context.maps };
}

/** As {@link LoggedLoad}; `errno` is that of the first time, if a log that was cut off hides the last one. */
function tryToLoad(encode: () => Attr, level: number): LoggedLoad & { readonly errno: number } {
  // Without a log the verifier is several times as fast.
  const first =
    level === 0 ? { result: bpf(BPF_PROG_LOAD, encode()), log: [], truncated: false } : loadWithLog(encode, level);
  if (first.result >= 0 || (level & INSTRUCTIONS) !== 0) return { ...first, errno: -first.result };
  // Refused, it is tried again to learn the reason; the kernel may have changed its mind by then.
  const second = loadWithLog(encode, level | BPF_LOG_LEVEL1);
  return { ...second, errno: -(second.truncated ? first : second).result };
}

const BPF_LOG_LEVEL1 = 1;
const BPF_LOG_LEVEL2 = 2;
/** With one of these the log has the instructions that lead to what the verifier complains of. */
const INSTRUCTIONS = BPF_LOG_LEVEL1 | BPF_LOG_LEVEL2;

function logVerifier({ onLog }: ProgramContext, program: string, log: readonly string[]): void {
  if (log.length > 0) logEvent(onLog, { kind: "verifier-log", program, log });
}

/**
 * Lets the kernel keep constants as long as the program, and show them with it, although the verifier may have made
 * them part of its code (libbpf: `bpf_object_load_prog`). Nothing depends on it.
 */
function bindConstants(program: Fd, { maps }: ProgramContext): void {
  for (const { def, fd } of maps.values()) {
    if (def.data?.kind !== "rodata" || !hasFeature("prog-bind-map")) continue;
    bpf(BPF_PROG_BIND_MAP, new Attr(12).u32(0, program.number).u32(4, fd.number));
  }
}

/** The attributes of BPF_PROG_LOAD, without a log. */
function encodeProgram(prepared: PreparedProgram, insns: readonly Insn[], context: ProgramContext): Attr {
  const { def, program, target } = prepared;
  const { object, btf, modules, externs, token } = context;
  const flags = prepared.flags ?? (def.sleepable ? BPF_F_SLEEPABLE : 0) | (def.frags ? BPF_F_XDP_HAS_FRAGS : 0);
  const attr = new Attr(token === undefined ? ATTR_SIZE : ATTR_SIZE_WITH_TOKEN)
    .u32(0, def.type)
    .u32(4, insns.length)
    .pointer(8, encodeInsns(insns, hostIsLittleEndian))
    .text(16, object.license)
    // Kernels before 5.0 compare it with their own for kprobes.
    .u32(40, object.kernelVersion || kernelVersionCode())
    .u32(44, token === undefined ? flags : flags | BPF_F_TOKEN_FD)
    .u32(68, prepared.expectedAttachType ?? expectedAttachType(def))
    .u32(108, target.id)
    .u32(112, target.program ?? (target.module === undefined ? 0 : modules.numberOf(target.module)))
    .pointer(120, modules.arrayOf(calledModules(externs)));
  if (token !== undefined) attr.u32(144, token.number);
  if (hasFeature("prog-name")) attr.name(48, program.name);
  if (btf !== undefined && hasFeature("btf-func")) addDebugInfo(attr, prepared, btf);
  return attr;
}

/** libbpf: `libbpf_prepare_prog_load`. */
export function expectedAttachType(def: SectionDef): number {
  if (def.attachTypeOptional && !hasFeature("expected-attach-type")) return 0;
  // One link can have all places of a USDT probe, where the kernel can that.
  if (/^usdt(\.s)?$/u.test(def.prefix) && hasFeature("uprobe-multi-link"))
    return attachTypes.indexOf("trace_uprobe_multi");
  return def.attachType;
}

/** Which functions and which lines of C the instructions come from: `struct bpf_func_info` and `bpf_line_info`. */
function addDebugInfo(attr: Attr, { funcInfo, lineInfo }: PreparedProgram, btf: Fd): void {
  const functions = records(funcInfo, ({ insnOff, typeId }) => [insnOff, typeId]);
  const lines = records(lineInfo, (line) => [line.insnOff, line.fileNameOff, line.lineOff, line.lineCol]);
  attr.u32(72, btf.number);
  if (funcInfo.length > 0) attr.u32(76, 8).pointer(80, functions).u32(88, funcInfo.length);
  if (lineInfo.length > 0) attr.u32(92, 16).pointer(96, lines).u32(104, lineInfo.length);
}

function records<T>(items: readonly T[], fields: (item: T) => number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(items.flatMap(fields)).buffer);
}
