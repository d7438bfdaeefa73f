import { Btf } from "../btf/btf.ts";
import { encodeLike } from "../btf/encode.ts";
import type { FuncInfo } from "../btf/ext.ts";
import { ownTypes } from "../btf/opaque.ts";
import { skipModifiers } from "../btf/resolve.ts";
import type { BtfType, Param } from "../btf/types.ts";
import type { ProgramTypeName } from "./bpf-enums.ts";

const TAG = "arg:ctx";

/** The struct that a kernel without the tag recognises a program's context by (libbpf: `global_ctx_map`). */
const contextNames: Partial<Record<ProgramTypeName, string>> = {
  cgroup_device: "bpf_cgroup_dev_ctx",
  cgroup_skb: "__sk_buff",
  cgroup_sock: "bpf_sock",
  cgroup_sock_addr: "bpf_sock_addr",
  cgroup_sockopt: "bpf_sockopt",
  cgroup_sysctl: "bpf_sysctl",
  flow_dissector: "__sk_buff",
  kprobe: "bpf_user_pt_regs_t",
  lwt_in: "__sk_buff",
  lwt_out: "__sk_buff",
  lwt_seg6local: "__sk_buff",
  lwt_xmit: "__sk_buff",
  netfilter: "bpf_nf_ctx",
  perf_event: "bpf_perf_event_data",
  raw_tracepoint: "bpf_raw_tracepoint_args",
  raw_tracepoint_writable: "bpf_raw_tracepoint_args",
  sched_act: "__sk_buff",
  sched_cls: "__sk_buff",
  sk_lookup: "bpf_sk_lookup",
  sk_msg: "sk_msg_md",
  sk_reuseport: "sk_reuseport_md",
  sk_skb: "__sk_buff",
  sock_ops: "bpf_sock_ops",
  socket_filter: "__sk_buff",
  xdp: "xdp_md",
};

/** A program that may call functions with tagged arguments. */
export interface TaggedProgram {
  readonly name: string;
  readonly type: ProgramTypeName;
  readonly funcInfo: readonly FuncInfo[];
}

/** What {@link replaceTaggedArguments} makes. */
export interface ReplacedArguments {
  /** The object's types, with more behind them. */
  readonly btf: Btf;
  /** Of each program, in their order, with the functions it has now. */
  readonly funcInfo: readonly (readonly FuncInfo[])[];
  /** What is declared so that it can't be a context, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Does for kernels before 6.8 what the tag `arg:ctx` on an argument of a global function does in newer ones: says that
 * it is the program's context, by its type. Which type that is depends on the program, so each program gets functions of
 * its own (libbpf: `bpf_program_fixup_func_info`).
 *
 * `registers` is what this architecture's `bpf_user_pt_regs_t` is: "pt_regs", "user_pt_regs".
 */
export function replaceTaggedArguments(
  btf: Btf,
  programs: readonly TaggedProgram[],
  registers: string,
): ReplacedArguments {
  const replacer = new Replacer(btf, registers);
  const funcInfo = programs.map((program) => replacer.visit(program));
  const { added, warnings } = replacer;
  if (added.length === 0) return { btf, funcInfo, warnings };
  return { btf: Btf.parse(encodeLike(btf, [...ownTypes(btf), ...added]), { what: btf.what }), funcInfo, warnings };
}

/** One argument that is tagged. */
interface Tagged {
  readonly funcId: number;
  readonly argument: number;
}

class Replacer {
  readonly added: BtfType[] = [];
  readonly warnings: string[] = [];
  readonly #btf: Btf;
  readonly #registers: string;
  readonly #tagged: readonly Tagged[];

  constructor(btf: Btf, registers: string) {
    this.#btf = btf;
    this.#registers = registers;
    this.#tagged = taggedArguments(btf);
  }

  visit(program: TaggedProgram): readonly FuncInfo[] {
    const context = contextNames[program.type];
    if (context === undefined) return program.funcInfo;
    /** The functions that stand for others, by the id of those; and the type of their contexts. */
    const stand = new Map<number, { id: number; params: Param[] }>();
    let pointer: number | undefined;
    for (const { funcId, argument } of this.#tagged) {
      const func = this.#btf.type(funcId);
      const params = this.#paramsOf(funcId);
      const param = params[argument];
      if (func.kind !== "func" || param === undefined) continue;
      if (!program.funcInfo.some(({ typeId }) => typeId === funcId)) continue;
      if (!this.#needsReplacing(param.type, program.type, context)) {
        if (!this.#isContext(param.type, context)) this.#warn(program, func.name, argument, context);
        continue;
      }
      const clone = stand.get(funcId) ?? this.#clone(funcId, params);
      stand.set(funcId, clone);
      pointer ??= this.#addPointerTo(context);
      this.#add({ kind: "decl_tag", name: TAG, type: clone.id, componentIdx: argument });
      clone.params[argument] = { name: param.name, type: pointer };
    }
    return program.funcInfo.map((info) => ({ ...info, typeId: stand.get(info.typeId)?.id ?? info.typeId }));
  }

  #paramsOf(funcId: number): readonly Param[] {
    const func = this.#btf.type(funcId);
    const proto = func.kind === "func" ? this.#btf.type(func.type) : undefined;
    return proto?.kind === "func_proto" ? proto.params : [];
  }

  #clone(funcId: number, original: readonly Param[]): { id: number; params: Param[] } {
    const func = this.#btf.type(funcId);
    const proto = func.kind === "func" ? this.#btf.type(func.type) : func;
    // Filled in by the caller, argument by argument, before anything is encoded.
    const params = [...original];
    const type = this.#add({
      kind: "func_proto",
      name: "",
      type: proto.kind === "func_proto" ? proto.type : 0,
      params,
    });
    return { id: this.#add({ kind: "func", name: func.name, type, linkage: "global" }), params };
  }

  #addPointerTo(context: string): number {
    const type = this.#add({ kind: "struct", name: context, size: 0, members: [] });
    return this.#add({ kind: "ptr", name: "", type });
  }

  #add(type: BtfType): number {
    this.added.push(type);
    return this.#btf.typeCount + this.added.length - 1;
  }

  /** libbpf: `need_func_arg_type_fixup`; a `bpf_user_pt_regs_t *` of kprobes goes the way of what it is a typedef of. */
  #needsReplacing(typeId: number, program: ProgramTypeName, context: string): boolean {
    const target = this.#pointee(typeId);
    if (target === undefined) return false;
    if (target.kind === "void") return true;
    if (target.kind === "struct") {
      if (target.name === context) return false;
      if (program === "kprobe") return target.name === "pt_regs";
      return program === "perf_event" && target.name === this.#registers;
    }
    const isRaw = program === "raw_tracepoint" || program === "raw_tracepoint_writable";
    return isRaw && target.kind === "int" && target.size === 8;
  }

  #isContext(typeId: number, context: string): boolean {
    const target = this.#pointee(typeId);
    return target?.kind === "struct" && target.name === context;
  }

  /** What an argument points to; undefined for one that is no pointer. */
  #pointee(typeId: number): BtfType | undefined {
    const { type } = skipModifiers(this.#btf, typeId);
    return type.kind === "ptr" ? skipModifiers(this.#btf, type.type).type : undefined;
  }

  #warn(program: TaggedProgram, func: string, argument: number, context: string): void {
    this.warnings.push(
      `program "${program.name}": argument ${argument + 1} of ${func}() has the tag ${TAG}, and should be a struct ${context} *`,
    );
  }
}

/** The tagged arguments of global functions, in the order of their tags. */
function taggedArguments(btf: Btf): Tagged[] {
  const found: Tagged[] = [];
  for (const id of btf.ownOfKind("decl_tag")) {
    if (btf.name(id) !== TAG) continue;
    const tag = btf.type(id);
    const func = tag.kind === "decl_tag" ? btf.type(tag.type) : tag;
    if (tag.kind !== "decl_tag" || func.kind !== "func" || func.linkage !== "global") continue;
    found.push({ funcId: tag.type, argument: tag.componentIdx });
  }
  return found;
}
