import { CoreGenError } from "../../errors.ts";
import type { LoadedProgram } from "../load/types.ts";
import { attachKprobeMulti } from "./kprobe-multi.ts";
import { attachKprobe, attachKsyscall } from "./kprobe.ts";
import type { Link } from "./link.ts";
import { isForReturns } from "./probe-options.ts";
import { attachUprobeMulti } from "./uprobe-multi.ts";
import { attachUprobe } from "./uprobe.ts";

/** `SEC("kprobe/FUNCTION+OFFSET")`, `SEC("kretprobe/FUNCTION")` (libbpf: `attach_kprobe`). */
export function attachKprobeSection(loaded: LoadedProgram, place: string): Link {
  const [, name = "", offset = "0"] = /^([A-Za-z0-9_.]+)(?:\+(0x[0-9a-fA-F]+|\d+))?$/u.exec(place) ?? [];
  if (isForReturns(loaded) && (name === "" || BigInt(offset) !== 0n))
    throw noPlace(loaded, place, "A function returns, no place inside it does.");
  if (name === "") throw noPlace(loaded, place, "Write it so: do_exit, or do_exit+0x10.");
  return attachKprobe(loaded, { function: name, offset: BigInt(offset) });
}

function noPlace({ program }: LoadedProgram, place: string, hint: string): CoreGenError {
  return new CoreGenError("bad-input", `attaching program "${program.name}": "${place}" is no place in the kernel`, {
    hints: [hint],
  });
}

/** `SEC("ksyscall/NAME")`, `SEC("kretsyscall/NAME")` (libbpf: `attach_ksyscall`). */
export function attachKsyscallSection(loaded: LoadedProgram, name: string): Link {
  return attachKsyscall(loaded, { name });
}

/**
 * `SEC("uprobe/BINARY:FUNCTION")`, `SEC("uprobe/BINARY:FUNCTION+OFFSET")`, `SEC("uprobe/BINARY:OFFSET")` (libbpf:
 * `attach_uprobe`).
 */
export function attachUprobeSection(loaded: LoadedProgram, place: string): Link {
  const { binary, where } = splitBinary(place);
  if (/^(?:0x[0-9a-fA-F]+|\d+)$/u.test(where) && binary !== "")
    return attachUprobe(loaded, { binary, offset: BigInt(where) });
  // Names of functions may have a "+", operator+ of C++ for one: only a number behind it is an offset.
  const [, name = "", offset = "0"] = /^(.+?)(?:\+(0x[0-9a-fA-F]+|\d+))?$/u.exec(where) ?? [];
  if (binary === "" || name === "") throw notInBinary(loaded, place, 'For example SEC("uprobe//bin/bash:readline").');
  if (isForReturns(loaded) && BigInt(offset) !== 0n)
    throw notInBinary(loaded, place, "A function returns, no place inside it does.");
  return attachUprobe(loaded, { binary, function: name, offset: BigInt(offset) });
}

/** The binary ends at the first colon, as with libbpf: names of C++ functions may have more. */
function splitBinary(place: string): { readonly binary: string; readonly where: string } {
  const colon = place.indexOf(":");
  return { binary: place.slice(0, Math.max(0, colon)), where: place.slice(colon + 1) };
}

function notInBinary({ program }: LoadedProgram, place: string, hint: string): CoreGenError {
  return new CoreGenError("bad-input", `attaching program "${program.name}": "${place}" is not BINARY:FUNCTION`, {
    hints: [hint],
  });
}

/** `SEC("kprobe.multi/PATTERN")`, `SEC("kprobe.session/PATTERN")` (libbpf: `attach_kprobe_multi`, `attach_kprobe_session`). */
export function attachKprobeMultiSection(loaded: LoadedProgram, pattern: string): Link {
  if (!/^[A-Za-z0-9_.*?]+$/u.test(pattern))
    throw noPlace(loaded, pattern, "Write a name, or a pattern with * and ?: tcp_v4_*.");
  return attachKprobeMulti(loaded, { pattern });
}

/** `SEC("uprobe.multi/BINARY:PATTERN")`, `SEC("uprobe.session/BINARY:PATTERN")` (libbpf: `attach_uprobe_multi`). */
export function attachUprobeMultiSection(loaded: LoadedProgram, place: string): Link {
  const { binary, where } = splitBinary(place);
  if (binary === "" || where === "")
    throw notInBinary(loaded, place, 'For example SEC("uprobe.multi//bin/bash:read*").');
  return attachUprobeMulti(loaded, { binary, pattern: where });
}
