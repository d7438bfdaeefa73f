import { encodeInsns, type Insn } from "../../object/insn/insn.ts";
import type { CloseStack } from "../close-stack.ts";
import { hasFeature } from "../kernel/features.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { Attr, bpf, BPF_PROG_LOAD } from "../sys/bpf.ts";
import { Fd } from "../sys/fd.ts";
import { fillInMaps, replaceMissingHelpers } from "./fill-in.ts";
import { loadWithLog } from "./load-with-log.ts";
import type { PreparedProgram } from "./prepare-programs.ts";
import { TOKEN_FLAG } from "./token.ts";
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
    const fd = opened.add(loadProgram(prepared, context));
    loaded.set(prepared.program.name, { program: prepared.program, fd });
  }
  return loaded;
}

function loadProgram(prepared: PreparedProgram, context: ProgramContext): Fd {
  const insns = prepared.insns.map((insn) => ({ ...insn }));
  fillInMaps(context.object, insns, prepared.relocations, context.maps);
  replaceMissingHelpers(insns);
  const encode = (): Attr => encodeProgram(prepared, insns, context);
  // Without a log the verifier is several times as fast.
  const result = bpf(BPF_PROG_LOAD, encode());
  const number = result >= 0 ? result : loadWithLog(prepared, context, encode, -result);
  return new Fd(number, `program "${prepared.program.name}"`);
}

/** The attributes of BPF_PROG_LOAD, without a log. */
function encodeProgram(prepared: PreparedProgram, insns: readonly Insn[], context: ProgramContext): Attr {
  const { def, program } = prepared;
  const { btf, token } = context;
  const { license } = context.object;
  const flags = (def.sleepable ? BPF_F_SLEEPABLE : 0) | (def.frags ? BPF_F_XDP_HAS_FRAGS : 0);
  const attr = new Attr(token === undefined ? ATTR_SIZE : ATTR_SIZE_WITH_TOKEN)
    .u32(0, def.type)
    .u32(4, insns.length)
    .pointer(8, encodeInsns(insns, hostIsLittleEndian))
    .text(16, license)
    .u32(44, token === undefined ? flags : flags | TOKEN_FLAG)
    .u32(68, expectedAttachType(prepared))
    .u32(108, prepared.attachBtfId)
    .u32(112, prepared.attachBtf?.number ?? 0);
  if (token !== undefined) attr.u32(144, token.number);
  if (hasFeature("prog-name")) attr.name(48, program.name);
  if (btf !== undefined && hasFeature("btf-func")) addDebugInfo(attr, prepared, btf);
  return attr;
}

function expectedAttachType({ def, expectedAttachType: own }: PreparedProgram): number {
  return own ?? (def.attachTypeOptional && !hasFeature("expected-attach-type") ? 0 : def.attachType);
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
