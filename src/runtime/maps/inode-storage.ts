import { KernelError } from "../errors.ts";
import { EBADF } from "../sys/errno.ts";
import { withDescriptorOf } from "./descriptors.ts";
import { StorageMap } from "./storage-map.ts";

/**
 * Values that are kept with files: `BPF_MAP_TYPE_INODE_STORAGE` (Linux 5.10, where the BPF LSM is active). Files are given
 * by their path or the number of their descriptor; a path is followed, not opened for reading.
 */
export class InodeStorage<V> extends StorageMap<string | number, V> {
  protected override withOwner<T>(file: string | number, use: (fd: number) => T): T {
    if (typeof file === "number") return withDescriptorOf(file, "a file", use);
    return withDescriptorOf(file, "a file", (fd) => {
      try {
        return use(fd);
      } catch (error) {
        throw explained(error);
      }
    });
  }
}

/** Of a descriptor that is open, EBADF says that files keep no values, which takes the BPF LSM (`inode_storage_ptr`). */
function explained(error: unknown): unknown {
  if (!(error instanceof KernelError) || error.errno !== EBADF) return error;
  const { command = "", errno, syscall, message } = error;
  return new KernelError({
    ...{ doing: message.slice(0, message.indexOf(": bpf(")), syscall, command, errno, cause: error },
    meaning: "the BPF LSM is not active, and without it files keep no values",
    hints: ["Boot with bpf among the security modules, lsm=…,bpf; /sys/kernel/security/lsm lists the active ones."],
  });
}
