import { readFileSync, realpathSync } from "node:fs";
import { CoreGenError } from "../../../errors.ts";

/**
 * Where a byte of a file's code is in the memory of a process (libbpf: `parse_vma_segs`). `doing` begins errors: throws a
 * `CoreGenError` with code `bad-input` when there is no such process, or it does not use the file.
 */
export function memoryAddress(pid: number, path: string, offset: bigint, doing: string): bigint {
  const file = withoutRoot(pid, path);
  for (const { start, end, fileOffset } of executableParts(pid, file, doing))
    if (fileOffset <= offset && offset < fileOffset + (end - start)) return start + (offset - fileOffset);
  throw new CoreGenError("bad-input", `${doing}: process ${pid} does not have ${file} in its memory`);
}

interface MappedPart {
  readonly start: bigint;
  readonly end: bigint;
  readonly fileOffset: bigint;
}

function executableParts(pid: number, file: string, doing: string): MappedPart[] {
  return readMaps(pid, doing)
    .split("\n")
    .flatMap((line) => {
      const [, start = "0", end = "0", mode = "", offset = "0", path] =
        /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ *(.*)$/u.exec(line) ?? [];
      if (path !== file || !mode.includes("x")) return [];
      return [{ start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), fileOffset: BigInt(`0x${offset}`) }];
    });
}

function readMaps(pid: number, doing: string): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, "utf8");
  } catch (cause) {
    throw new CoreGenError("bad-input", `${doing}: process ${pid} is not there, or may not be looked at`, { cause });
  }
}

/** The process has the path without the links in it; and without /proc/PID/root, where a container's files are. */
function withoutRoot(pid: number, path: string): string {
  const root = `/proc/${pid}/root`;
  if (path.startsWith(`${root}/`)) return path.slice(root.length);
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
