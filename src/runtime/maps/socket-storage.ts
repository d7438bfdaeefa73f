import { checkDescriptor } from "./descriptors.ts";
import { StorageMap } from "./storage-map.ts";

/** Values that are kept with sockets: `BPF_MAP_TYPE_SK_STORAGE` (Linux 5.2). Sockets are given by their descriptors. */
export class SocketStorage<V> extends StorageMap<number, V> {
  protected override withOwner<T>(socket: number, use: (fd: number) => T): T {
    return use(checkDescriptor(socket, "a socket"));
  }
}
