import { CoreGenError } from "../../errors.ts";
import { fileOf, findExecutable } from "../kernel/executable.ts";
import { functionOffset } from "../kernel/function-offset.ts";
import type { LoadedProgram } from "../load/types.ts";
import type { Link } from "./link.ts";
import { attachToProbe, type ProbeMode } from "./probe.ts";
import { isForReturns, readOffset, readPid } from "./probe-options.ts";

/** Where in executables and libraries a probe goes. */
export interface UprobeOptions {
  /**
   * The path of the executable or shared library. What has no slash is looked for as a shell and the dynamic loader would:
   * "bash", "libc.so.6". In an archive that does not pack it: "app.apk!/lib/arm64-v8a/libc.so".
   */
  readonly binary: string;
  /** A function's name in .dynsym or .symtab, "readline"; also one version of it: "memcpy@GLIBC_2.2.5". */
  readonly function?: string | undefined;
  /** In bytes: from the function's start, or without a function from the start of the file. */
  readonly offset?: number | bigint | undefined;
  /** At the function's return. Left out, as the section says: SEC("uretprobe") is for returns. */
  readonly return?: boolean | undefined;
  /** Which process; 0: this one. Left out, all of them. */
  readonly pid?: number | undefined;
  /** What `bpf_get_attach_cookie` returns at this probe; needs Linux 5.15. */
  readonly cookie?: bigint | undefined;
  /** Where in the file the 16-bit semaphore is that the kernel counts up while the probe is set, in bytes; needs Linux 4.20. */
  readonly refCtrOffset?: number | bigint | undefined;
  /** How the probe is set; left out, as the kernel can. */
  readonly mode?: ProbeMode | undefined;
}

/**
 * Attaches a program to a place in every process that runs an executable or uses a library (libbpf:
 * `bpf_program__attach_uprobe_opts`).
 *
 * Throws a `CoreGenError` with code `bad-input` when there is no such file or function.
 */
export function attachUprobe(loaded: LoadedProgram, options: UprobeOptions): Link {
  const { program, fd } = loaded;
  const doing = `attaching program "${program.name}"`;
  const { binary, function: name, cookie, mode } = options;
  const offset = readOffset(options.offset, doing);
  const pid = readPid(options.pid, doing);
  const refCtrOffset = readOffset(options.refCtrOffset, doing);
  const atReturn = options.return ?? isForReturns(loaded);
  if (name === undefined && options.offset === undefined) throw nowhere(doing, binary);
  if (atReturn && name !== undefined && offset !== 0n) throw noOffsetAtReturn(doing, name);
  // Its place in perf_event_attr.config has 32 bits.
  if (refCtrOffset >= 1n << 32n)
    throw new CoreGenError("bad-input", `${doing}: refCtrOffset ${refCtrOffset} is too large`);
  const path = findExecutable(binary);
  const inFile = offset + (name === undefined ? 0n : BigInt(functionOffset(path, name)));
  const place = `${path}:${placeInFile(name, offset)}`;
  const what = `program "${program.name}" at ${atReturn ? "the return of " : ""}${place}`;
  const where = { probed: fileOf(path), offset: inFile, atReturn, pid, refCtrOffset };
  return attachToProbe(fd, { kind: "uprobe", ...where, cookie, mode }, place, what);
}

function placeInFile(name: string | undefined, offset: bigint): string {
  const hex = `0x${offset.toString(16)}`;
  if (name === undefined) return hex;
  return offset === 0n ? name : `${name}+${hex}`;
}

function nowhere(doing: string, binary: string): CoreGenError {
  return new CoreGenError("bad-input", `${doing}: it is not said to what in ${binary}`, {
    hints: ['Say which function, or which offset in the file: { binary: "bash", function: "readline" }.'],
  });
}

function noOffsetAtReturn(doing: string, name: string): CoreGenError {
  return new CoreGenError("bad-input", `${doing}: at the return of ${name} there is no offset`, {
    hints: ["A function returns, no place inside it does."],
  });
}
