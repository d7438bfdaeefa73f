import { CoreGenError } from "../../errors.ts";
import { findExecutable, functionOffset } from "../kernel/executable.ts";
import { probePmu } from "../kernel/probe-pmu.ts";
import type { LoadedProgram } from "../load/types.ts";
import { openPerfEvent } from "../sys/perf.ts";
import type { Link } from "./link.ts";
import { attachToPerfEvent } from "./perf-event-link.ts";

/**
 * Attaches a program to a function of every process that runs an executable or uses a library: `BINARY:FUNCTION`,
 * `BINARY:FUNCTION+OFFSET`, or `BINARY:OFFSET` in the file (libbpf: `attach_uprobe`).
 *
 * Throws a `CoreGenError` with code `bad-input` when there is no such file or function.
 */
export function attachUprobe(loaded: LoadedProgram, place: string): Link {
  return attachAt(loaded, readPlace(loaded, place), false);
}

/** Attaches a program to the return of such a function (libbpf: `attach_uprobe`, a uretprobe). */
export function attachUretprobe(loaded: LoadedProgram, place: string): Link {
  const { offset, ...where } = readPlace(loaded, place);
  if (offset !== 0n && where.name !== undefined)
    throw malformed(loaded, place, ["A function returns, no place inside it does."]);
  return attachAt(loaded, { offset, ...where }, true);
}

interface Place {
  readonly binary: string;
  /** Without it, the offset is one in the file. */
  readonly name: string | undefined;
  readonly offset: bigint;
}

function readPlace(loaded: LoadedProgram, place: string): Place {
  const colon = place.lastIndexOf(":");
  const [binary, where] = [place.slice(0, Math.max(0, colon)), place.slice(colon + 1)];
  const inFile = /^(?:0x[0-9a-fA-F]+|\d+)$/u.test(where);
  const [, name = "", offset = "0"] = /^([A-Za-z0-9_.@]+)(?:\+(0x[0-9a-fA-F]+|\d+))?$/u.exec(where) ?? [];
  if (binary === "" || name === "") throw malformed(loaded, place, ['For example SEC("uprobe//bin/bash:readline").']);
  return inFile ? { binary, name: undefined, offset: BigInt(where) } : { binary, name, offset: BigInt(offset) };
}

function attachAt({ program, fd }: LoadedProgram, { binary, name, offset }: Place, atReturn: boolean): Link {
  const path = findExecutable(binary);
  const probeOffset = offset + (name === undefined ? 0n : BigInt(functionOffset(path, name)));
  const function_ = `${path}:${name ?? `0x${offset.toString(16)}`}`;
  const what = `program "${program.name}" at ${atReturn ? "the return of " : ""}${function_}`;
  const { type, returnBit } = probePmu("uprobe");
  const config = atReturn ? 2 ** returnBit : 0;
  return attachToPerfEvent(fd, openPerfEvent({ type, config, probed: path, probeOffset }, -1, 0, function_), what);
}

function malformed({ program }: LoadedProgram, place: string, hints: readonly string[]): CoreGenError {
  const message = `attaching program "${program.name}": "${place}" is not BINARY:FUNCTION`;
  return new CoreGenError("bad-input", message, { hints });
}
