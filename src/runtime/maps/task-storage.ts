import { withPidfd } from "../sys/pidfd.ts";
import { show } from "../value-checks.ts";
import { StorageMap } from "./storage-map.ts";

/**
 * Values that are kept with tasks: `BPF_MAP_TYPE_TASK_STORAGE` (Linux 5.11). User space reaches those of main threads, by
 * the number of the process.
 *
 * @example
 * skel.maps.state.get(process.pid);
 */
export class TaskStorage<V> extends StorageMap<number, V> {
  protected override withOwner<T>(pid: number, use: (fd: number) => T): T {
    if (!Number.isInteger(pid) || pid <= 0 || pid > 0x7fff_ffff)
      throw new TypeError(`a process is given by its number, not ${show(pid)}`);
    return withPidfd(pid, use);
  }
}
