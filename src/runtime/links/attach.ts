import { CoreGenError } from "../../errors.ts";
import type { SectionDef } from "../../object/sections.ts";
import type { LoadedProgram } from "../load/types.ts";
import { attachIter } from "./iter/attach-iter.ts";
import type { Link } from "./link.ts";
import { attachRawTracepoint } from "./raw-tracepoint.ts";
import { attachKprobeSection, attachKsyscallSection, attachUprobeSection } from "./probe-sections.ts";
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
  ["raw_tracepoint", attachRawTracepoint],
  ["raw_tp", attachRawTracepoint],
  ["raw_tracepoint.s", attachRawTracepoint],
  ["raw_tp.s", attachRawTracepoint],
  ["raw_tracepoint.w", attachRawTracepoint],
  ["raw_tp.w", attachRawTracepoint],
  ["kprobe", attachKprobeSection],
  ["kretprobe", attachKprobeSection],
  ["ksyscall", attachKsyscallSection],
  ["kretsyscall", attachKsyscallSection],
  ["uprobe", attachUprobeSection],
  ["uprobe.s", attachUprobeSection],
  ["uretprobe", attachUprobeSection],
  ["uretprobe.s", attachUprobeSection],
  ["tp_btf", attachTrace],
  ["tp_btf.s", attachTrace],
  ["fentry", attachTrace],
  ["fentry.s", attachTrace],
  ["fexit", attachTrace],
  ["fexit.s", attachTrace],
  ["fmod_ret", attachTrace],
  ["fmod_ret.s", attachTrace],
  ["lsm", attachTrace],
  ["lsm.s", attachTrace],
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

/**
 * Whether a section says what to attach its program to. Of others libbpf's skeletons leave the program alone: XDP
 * needs an interface, `SEC("tp")` a name.
 */
export function attachesBySection(def: SectionDef): boolean {
  return def.autoAttach && def.extra !== "";
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
  if (attacher === undefined || def.extra === "") {
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
