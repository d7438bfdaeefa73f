import { mountDetached } from "../../src/runtime/sys/mount.ts";

/** A BPF file system of the test's own, which only `path` leads to; all that is pinned in it goes with it. */
export interface OwnBpffs {
  readonly path: string;
  [Symbol.dispose](): void;
}

/** Mounts a BPF file system nowhere. Needs root. */
export function mountBpffs(): OwnBpffs {
  const mount = mountDetached("bpf");
  return {
    path: `/proc/self/fd/${mount.number}`,
    [Symbol.dispose]: () => {
      mount.close();
    },
  };
}
