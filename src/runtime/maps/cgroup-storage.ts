import { withDescriptorOf } from "./descriptors.ts";
import { StorageMap } from "./storage-map.ts";

/**
 * Values that are kept with control groups: `BPF_MAP_TYPE_CGRP_STORAGE` (Linux 6.2). Groups are given by their folder below
 * /sys/fs/cgroup or the number of its descriptor.
 */
export class CgroupStorage<V> extends StorageMap<string | number, V> {
  protected override withOwner<T>(cgroup: string | number, use: (fd: number) => T): T {
    return withDescriptorOf(cgroup, "a control group", use);
  }
}
