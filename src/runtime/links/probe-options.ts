import { CoreGenError } from "../../errors.ts";
import type { LoadedProgram } from "../load/types.ts";

/** Whether the section of a program says that it is for returns: SEC("kretprobe"), SEC("uretprobe.multi.s"). */
export function isForReturns({ program }: LoadedProgram): boolean {
  return /^[ku]ret/u.test(program.def?.prefix ?? "");
}

/** An offset in bytes; `doing` is the beginning of an error. Throws a `CoreGenError` with code `bad-input` for what is none. */
export function readOffset(offset: number | bigint | undefined, doing: string): bigint {
  const isWhole = typeof offset !== "number" || Number.isSafeInteger(offset);
  if (isWhole && (offset ?? 0) >= 0 && (offset ?? 0) < 2n ** 64n) return BigInt(offset ?? 0);
  throw new CoreGenError("bad-input", `${doing}: ${offset} is no offset, which is a number of bytes from 0 on`);
}

/** The number of a process, -1 for all. Throws a `CoreGenError` with code `bad-input` for what is none. */
export function readPid(pid: number | undefined, doing: string): number {
  if (pid === undefined || pid === -1) return -1;
  if (Number.isInteger(pid) && pid >= 0 && pid < 2 ** 31) return pid === 0 ? process.pid : pid;
  throw new CoreGenError("bad-input", `${doing}: ${pid} is no number of a process`, {
    hints: ["Leave out `pid` for all processes; 0 is this one."],
  });
}
