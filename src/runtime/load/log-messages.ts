import { errnoName } from "../sys/errno.ts";
import type { LogFacts } from "./log-facts.ts";

/** How much a line of the log matters, as libbpf ranks it (`enum libbpf_print_level`). */
export type LogLevel = "debug" | "info" | "warn";

type Of<Kind extends LogFacts["kind"]> = Extract<LogFacts, { readonly kind: Kind }>;

/** In libbpf's words where it has any: `libbpf.c`, without "libbpf: ". */
export function describe(facts: LogFacts): [level: LogLevel, message: string] {
  switch (facts.kind) {
    case "relocation":
      return ["debug", ""];
    case "feature-probed":
      return ["debug", `kernel feature ${facts.feature}: ${facts.supported ? "supported" : "missing"}`];
    case "btf-sanitized":
      return ["debug", `sanitized .BTF for a kernel without ${facts.missing.join(", ")}`];
    case "btf-loaded":
      return ["debug", `loaded .BTF into kernel: ${facts.size} bytes`];
    case "btf-left-out":
      return facts.errno === undefined
        ? ["debug", "Kernel doesn't support BTF, skipping uploading it."]
        : ["info", `Error loading .BTF into kernel: -${errnoName(facts.errno)}. BTF is optional, ignoring.`];
    case "subprogram-added":
      return [
        "debug",
        `prog '${facts.program}': added ${facts.instructions} insns from sub-prog '${facts.subprogram}'`,
      ];
    case "types-read":
      return ["debug", `loaded kernel BTF from '${facts.path}'`];
    case "kconfig-set":
      return ["debug", `extern (kcfg) '${facts.variable}': set to ${facts.value}`];
    case "ksym-resolved":
      return ["debug", describeSymbol(facts)];
    case "extern-missing":
      return ["debug", `extern '${facts.extern}' (weak): not resolved, defaulting to zero`];
    case "instruction-poisoned":
      return ["debug", describePoison(facts)];
    case "call-relocated":
      return [
        "debug",
        `prog '${facts.function}': insn #${facts.instruction} relocated, imm ${facts.distance} points to subprog '${facts.subprogram}' (now at ${facts.start} offset)`,
      ];
    case "struct-ops-matched":
      return [
        "debug",
        `struct_ops init_kern ${facts.map}: type_id:${facts.typeId} kern_type_id:${facts.kernelTypeId} kern_vtype_id:${facts.kernelValueTypeId}`,
      ];
    case "struct-ops-member":
      return ["debug", describeMember(facts)];
    case "struct-ops-member-skipped":
      return [
        "info",
        `struct_ops ${facts.map}: member ${facts.member} not found in kernel, skipping it as it's set to zero`,
      ];
    case "token-created":
      return ["debug", `created BPF token from '${facts.path}'`];
    case "token-skipped":
      return [
        "debug",
        `object '${facts.object}': failed (-${facts.errno}) to create BPF token from '${facts.path}', skipping optional step...`,
      ];
    case "map-created":
      return ["debug", `map '${facts.map}': created successfully, fd=${facts.fd}`];
    case "map-reused":
      return ["debug", `map '${facts.map}': skipping creation (preset fd=${facts.fd})`];
    case "map-pin-found":
      return ["debug", `reused pinned map at '${facts.path}'`];
    case "map-pin-missing":
      return ["debug", `found no pinned map to reuse at '${facts.path}'`];
    case "map-pinned":
      return ["debug", `pinned map '${facts.path}'`];
    case "map-unpinned":
      return ["debug", `unpinned map '${facts.map}' from '${facts.path}'`];
    case "map-sized":
      return ["debug", `map '${facts.map}': setting size to ${facts.maxEntries}`];
    case "map-slot-set":
      return ["debug", `map '${facts.map}': slot [${facts.slot}] set to ${facts.holds} '${facts.name}' fd=${facts.fd}`];
    case "map-skipped":
      return ["debug", `map '${facts.map}': skipped auto-creating...`];
    case "map-untyped":
      return ["warn", `Error in bpf_create_map_xattr(${facts.map}): -${errnoName(facts.errno)}. Retrying without BTF.`];
    case "program-loaded":
      return ["debug", `prog '${facts.program}': loaded ${facts.instructions} insns, fd=${facts.fd}`];
    case "program-skipped":
      return ["debug", `prog '${facts.program}': skipped loading`];
    case "program-refused":
      return ["warn", `prog '${facts.program}': BPF program load failed: -${errnoName(facts.errno)}`];
    case "verifier-log":
      return [
        "debug",
        `prog '${facts.program}': -- BEGIN PROG LOAD LOG --\n${facts.log.map((line) => `${line}\n`).join("")}-- END PROG LOAD LOG --`,
      ];
    case "program-pinned":
      return ["debug", `prog '${facts.program}': pinned at '${facts.path}'`];
    case "program-unpinned":
      return ["debug", `prog '${facts.program}': unpinned from '${facts.path}'`];
  }
}

function describeSymbol(facts: Of<"ksym-resolved">): string {
  if ("address" in facts) return `extern (ksym) '${facts.symbol}': set to 0x${facts.address.toString(16)}`;
  const { symbol, declares, typeId, module = "vmlinux" } = facts;
  return declares === "variable"
    ? `extern (var ksym) '${symbol}': resolved to [${typeId}] var ${symbol}`
    : `extern (func ksym) '${symbol}': resolved to ${module} [${typeId}]`;
}

function describePoison({ program, relocation, instruction, map, kfunc }: Of<"instruction-poisoned">): string {
  const what = map === undefined ? `calls kfunc '${kfunc ?? ""}'` : `loads map #${map.index} '${map.name}'`;
  return `prog '${program}': relo #${relocation}: poisoning insn #${instruction} that ${what}`;
}

function describeMember({ map, member, from, to, holds }: Of<"struct-ops-member">): string {
  const place = `from data(+${from}) to kern_data(+${to})`;
  return typeof holds === "number"
    ? `struct_ops init_kern ${map}: copy ${member} ${holds} bytes ${place}`
    : `struct_ops init_kern ${map}: func ptr ${member} is set to prog ${holds.program} ${place}`;
}
