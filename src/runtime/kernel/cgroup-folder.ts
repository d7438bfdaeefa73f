import { closeSync, constants, openSync, readFileSync, statfsSync } from "node:fs";
import { CoreGenError } from "../../errors.ts";
import { Fd } from "../sys/fd.ts";

/** A cgroup: the path of its folder below a mount of cgroup2, or the number of a descriptor of that. */
export type Cgroup = string | number;

const CGROUP2_SUPER_MAGIC = 0x6367_7270;
const CGROUP_SUPER_MAGIC = 0x0027_e0eb;

/**
 * Opens a cgroup, for programs that are attached to it.
 *
 * Throws a `CoreGenError` with code `bad-input` when there is no such folder, or it is not one of cgroup2: programs can't
 * be attached to the hierarchies of cgroup v1.
 */
export function openCgroup(cgroup: Cgroup, doing: string): Fd {
  if (typeof cgroup === "number") return Fd.duplicate(cgroup, `cgroup (descriptor ${cgroup})`);
  const number = openFolder(cgroup, doing);
  try {
    checkType(cgroup, doing);
  } catch (error) {
    closeSync(number);
    throw error;
  }
  return new Fd(number, `cgroup ${cgroup}`);
}

function openFolder(path: string, doing: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
    const why = code === "ENOENT" ? "there is no such folder" : code === "ENOTDIR" ? "it is no folder" : code;
    throw new CoreGenError("bad-input", `${doing}: opening the cgroup ${path} failed: ${why}`, {
      cause,
      hints: mountHints(),
    });
  }
}

function checkType(path: string, doing: string): void {
  const type = statfsSync(path).type >>> 0;
  if (type === CGROUP2_SUPER_MAGIC) return;
  const what = type === CGROUP_SUPER_MAGIC ? "is in a hierarchy of cgroup v1, which has no programs" : "is no cgroup";
  throw new CoreGenError("bad-input", `${doing}: ${path} ${what}`, { hints: mountHints() });
}

/** Where cgroup2 is, or how to get it. */
function mountHints(): string[] {
  const mounts = cgroup2Mounts();
  if (mounts.length > 0) return [`cgroup2 is mounted at ${mounts.join(", ")}: the cgroup is a folder below that.`];
  return [
    "cgroup2 is not mounted: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified (it can be there beside cgroup v1).",
  ];
}

function cgroup2Mounts(): string[] {
  try {
    const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
    return lines.map((line) => line.split(" ")).flatMap(([, at = "", type]) => (type === "cgroup2" ? [at] : []));
  } catch {
    // Without /proc nothing is known about mounts.
    return [];
  }
}
