import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { CoreGenError } from "../../errors.ts";

/** Where distributions mount the BPF file system, and where libbpf pins maps by name. */
const DEFAULT_PIN_ROOT = "/sys/fs/bpf";

const BPF_FS_MAGIC = 0xcafe4a11;

/**
 * Checks that `path` would be in a BPF file system, the only one where the kernel lets BPF objects be pinned (libbpf:
 * `check_path`). Folders on the way to it may be missing. Throws a `CoreGenError` that says how to mount one.
 */
export function checkOnBpffs(path: string, doing: string): void {
  const folder = nearestFolder(path);
  if (folder.type === BPF_FS_MAGIC) return;
  throw new CoreGenError("bad-input", `${doing}: ${folder.path} is not in a BPF file system`, {
    hints: [
      `Mount one: mount -t bpf bpf ${path.startsWith(`${DEFAULT_PIN_ROOT}/`) ? DEFAULT_PIN_ROOT : dirname(path)}`,
      "In a container, mount the host's, or run it with one of its own (docker run -v /sys/fs/bpf:/sys/fs/bpf).",
      "Another folder is chosen by open({ pinRoot }), or for one map by its pinPath.",
    ],
  });
}

function nearestFolder(path: string): { path: string; type: number } {
  const folder = dirname(path);
  try {
    return { path: folder, type: statfsSync(folder).type >>> 0 };
  } catch (cause) {
    if (folder === path || (cause as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new CoreGenError("bad-input", `looking at the folder ${folder}, to pin something there, failed`, { cause });
    }
    return nearestFolder(folder);
  }
}
