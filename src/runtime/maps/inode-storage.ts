import { withDescriptorOf } from "./descriptors.ts";
import { StorageMap } from "./storage-map.ts";

/**
 * Values that are kept with files: `BPF_MAP_TYPE_INODE_STORAGE` (Linux 5.10, where the BPF LSM is active). Files are given
 * by their path or the number of their descriptor; a path is followed, not opened for reading.
 */
export class InodeStorage<V> extends StorageMap<string | number, V> {
  protected override withOwner<T>(file: string | number, use: (fd: number) => T): T {
    return withDescriptorOf(file, "a file", use);
  }
}
