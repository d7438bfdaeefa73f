import { CoreGenError } from "../../errors.ts";
import { functionOfProgram } from "../kernel/program-function.ts";
import type { LoadedProgram } from "../load/types.ts";
import { Attr, bpf, BPF_LINK_CREATE, BPF_RAW_TRACEPOINT_OPEN, bpfFailure, type Meanings } from "../sys/bpf.ts";
import { E2BIG, EBUSY, EINVAL, ENOENT, EPERM } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { Link, type ProgramSource } from "./link.ts";
import { encodeRawTracepoint } from "./raw-tracepoint.ts";

/** Which function a program takes the place of, where that is another one than it was loaded for. */
export interface FreplaceOptions {
  /** The program that has the function, loaded, or the number of its descriptor. */
  readonly program: ProgramSource | number;
  /** The C name of a global function in there; what `SEC("freplace/NAME")` says when it is left out. */
  readonly function?: string | undefined;
}

/** Puts a program in the place of a function of another one (libbpf: `bpf_program__attach_freplace`). */
export function attachFreplace(loaded: LoadedProgram, options?: FreplaceOptions): Link {
  const { name } = loaded.program;
  const replaced = options?.function ?? loaded.program.def?.extra ?? "";
  const what = `program "${name}" in the place of ${replaced === "" ? "a function" : `function ${replaced}`}`;
  const request = options === undefined ? asLoaded(loaded) : elsewhere(loaded, options.program, replaced, what);
  const result = bpf(request.command, request.attr);
  if (result >= 0) return new Link(what, new Fd(result, `the link of ${what}`));
  throw explained(what, request.command, -result);
}

interface Request {
  readonly command: number;
  readonly attr: Attr;
}

/** The kernel knows what it is: it was said when the program was loaded. */
function asLoaded({ fd }: LoadedProgram): Request {
  return { command: BPF_RAW_TRACEPOINT_OPEN, attr: encodeRawTracepoint(fd.number, 0n) };
}

function elsewhere({ fd }: LoadedProgram, program: ProgramSource | number, name: string, what: string): Request {
  const doing = `attaching ${what}`;
  if (name === "") {
    throw new CoreGenError("bad-input", `${doing}: it is not said of which one`, {
      hints: ['Its name goes behind the program: attachFreplace({ program, function: "NAME" }).'],
    });
  }
  const [target, whose] =
    typeof program === "number"
      ? [program, `the program of descriptor ${program}`]
      : [program.fd, `program "${program.name}"`];
  const id = functionOfProgram(target, name, whose, doing);
  return { command: BPF_LINK_CREATE, attr: new Attr(20).u32(0, fd.number).u32(4, target).u32(16, id) };
}

function explained(what: string, command: number, errno: number): CoreGenError {
  // Once detached, a program has no target of its own any more (bpf_tracing_prog_attach): Linux 5.10 says ENOENT.
  const isSecond = command === BPF_RAW_TRACEPOINT_OPEN && (errno === EINVAL || errno === ENOENT);
  return bpfFailure({
    doing: `attaching ${what}`,
    command,
    errno,
    meaning: isSecond ? "it was attached before, and the kernel wants to be told again to what" : meanings.get(errno),
    hints: isSecond
      ? ["Name the program: attachFreplace({ program: other.progs.NAME })."]
      : errno === EPERM
        ? ["The program was loaded, so this is no missing privilege: this machine lets nobody replace functions."]
        : [],
  });
}

const meanings: Meanings = new Map([
  [EBUSY, "something has a hold of that function: another program is in its place, or traces it"],
  [
    EINVAL,
    "the function has other arguments than the one that the program was loaded for, or its program is of another kind",
  ],
  [E2BIG, "this kernel attaches it only where it was loaded for: Linux 5.10 and later can elsewhere"],
]);
