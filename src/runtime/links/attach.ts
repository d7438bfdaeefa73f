import { CoreGenError } from "../../errors.ts";
import type { SectionDef } from "../../object/sections.ts";
import type { LoadedProgram } from "../load/types.ts";
import { attachFreplace } from "./freplace.ts";
import { attachIter } from "./iter/attach-iter.ts";
import type { Link } from "./link.ts";
import { attachRawTracepoint } from "./raw-tracepoint.ts";
import {
  attachKprobeMultiSection,
  attachKprobeSection,
  attachKsyscallSection,
  attachUprobeMultiSection,
  attachUprobeSection,
} from "./probe-sections.ts";
import { attachTraceMulti } from "./trace-multi.ts";
import { attachTrace } from "./trace.ts";
import { attachTracepoint } from "./tracepoint.ts";
import { attachUsdtSection } from "./usdt/attach-usdt.ts";

type Attacher = (program: LoadedProgram, target: string) => Link;

/** By the section's name in libbpf's table. `.s` programs may sleep, `.w` ones may change their context. */
const attachers: ReadonlyMap<string, Attacher> = new Map([
  ["tracepoint", atTracepoint],
  ["tp", atTracepoint],
  ["tracepoint.s", atTracepoint],
  ["tp.s", atTracepoint],
  ["raw_tracepoint", atRawTracepoint],
  ["raw_tp", atRawTracepoint],
  ["raw_tracepoint.s", atRawTracepoint],
  ["raw_tp.s", atRawTracepoint],
  ["raw_tracepoint.w", atRawTracepoint],
  ["raw_tp.w", atRawTracepoint],
  ["kprobe", attachKprobeSection],
  ["kretprobe", attachKprobeSection],
  ["ksyscall", attachKsyscallSection],
  ["kretsyscall", attachKsyscallSection],
  ["uprobe", attachUprobeSection],
  ["uprobe.s", attachUprobeSection],
  ["uretprobe", attachUprobeSection],
  ["uretprobe.s", attachUprobeSection],
  ["kprobe.multi", attachKprobeMultiSection],
  ["kretprobe.multi", attachKprobeMultiSection],
  ["kprobe.session", attachKprobeMultiSection],
  ["uprobe.multi", attachUprobeMultiSection],
  ["uprobe.multi.s", attachUprobeMultiSection],
  ["uretprobe.multi", attachUprobeMultiSection],
  ["uretprobe.multi.s", attachUprobeMultiSection],
  ["uprobe.session", attachUprobeMultiSection],
  ["uprobe.session.s", attachUprobeMultiSection],
  ["tp_btf", atTarget],
  ["tp_btf.s", atTarget],
  ["fentry", atTarget],
  ["fentry.s", atTarget],
  ["fexit", atTarget],
  ["fexit.s", atTarget],
  ["fmod_ret", atTarget],
  ["fmod_ret.s", atTarget],
  ["fsession", atTarget],
  ["fsession.s", atTarget],
  ["fentry.multi", atMatching],
  ["fentry.multi.s", atMatching],
  ["fexit.multi", atMatching],
  ["fexit.multi.s", atMatching],
  ["fsession.multi", atMatching],
  ["fsession.multi.s", atMatching],
  ["freplace", inItsPlace],
  ["lsm", atTarget],
  ["lsm.s", atTarget],
  ["usdt", attachUsdtSection],
  ["usdt.s", attachUsdtSection],
  ["iter", overEverything],
  ["iter.s", overEverything],
]);

function atTracepoint(program: LoadedProgram, tracepoint: string): Link {
  return attachTracepoint(program, { tracepoint });
}

/** The section's name was for loading. */
function overEverything(program: LoadedProgram): Link {
  return attachIter(program);
}

function atRawTracepoint(program: LoadedProgram, tracepoint: string): Link {
  return attachRawTracepoint(program, { tracepoint });
}

function atTarget(program: LoadedProgram, name: string): Link {
  return attachTrace(program, name);
}

function inItsPlace(program: LoadedProgram): Link {
  return attachFreplace(program);
}

function atMatching(program: LoadedProgram, pattern: string): Link {
  return attachTraceMulti(program, { pattern });
}

/**
 * Whether a section says what to attach its program to. Of others libbpf's skeletons leave the program alone: XDP
 * needs an interface, `SEC("tp")` a name. What is loaded for its target needs no name: `SEC("freplace")`, `SEC("fentry")`.
 */
export function attachesBySection(def: SectionDef): boolean {
  return def.autoAttach && (def.extra !== "" || def.needsAttachTarget);
}

/**
 * Attaches a program to what its section names.
 *
 * Throws a `CoreGenError`: `unsupported` for kinds that core-gen can't attach yet, `bad-input` when the section does
 * not say where or names something that this kernel does not have, and a `KernelError` when the kernel refuses.
 */
export function attachProgram(loaded: LoadedProgram): Link {
  const { name, section, def } = loaded.program;
  const attacher = def === undefined ? undefined : attachers.get(def.prefix);
  if (def === undefined || (attacher === undefined && def.autoAttach)) {
    throw new CoreGenError("unsupported", `attaching program "${name}": core-gen can't attach SEC("${section}") yet`, {
      hints: [`It can attach: ${[...attachers.keys()].join(", ")}.`],
    });
  }
  if (attacher === undefined || !attachesBySection(def)) {
    throw new CoreGenError(
      "bad-input",
      `attaching program "${name}": SEC("${section}") does not say what to attach it to`,
      {
        hints: def.autoAttach ? [`Write it behind a slash: SEC("${def.prefix}/NAME").`] : [],
      },
    );
  }
  return attacher(loaded, def.extra);
}
