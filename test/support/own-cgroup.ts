import { readFileSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { mountDetached } from "../../src/runtime/sys/mount.ts";

/** A cgroup of the test's own. */
export interface OwnCgroup {
  /** Of its folder. */
  readonly path: string;
  /** Runs `use` with this process in there, and puts it back. */
  inside<T>(use: () => T): T;
  /** One below it. */
  below(name: string): OwnCgroup;
  [Symbol.dispose](): void;
}

let made = 0;

/** Makes a cgroup of cgroup2 where it is mounted, or in a mount that nobody else sees. Needs root. */
export function makeCgroup(): OwnCgroup {
  const mount = mountDetached("cgroup2");
  const root = `/proc/${process.pid}/fd/${mount.number}`;
  const path = join(root, `core-gen-${process.pid}-${made++}`);
  mkdirSync(path);
  return {
    ...cgroupAt(path, root),
    [Symbol.dispose]: () => {
      rmdirSync(path);
      mount.close();
    },
  };
}

function cgroupAt(path: string, root: string): OwnCgroup {
  return {
    path,
    inside: (use) => {
      const home = join(root, /^0::(.*)$/mu.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/");
      writeFileSync(join(path, "cgroup.procs"), String(process.pid));
      try {
        return use();
      } finally {
        writeFileSync(join(home, "cgroup.procs"), String(process.pid));
      }
    },
    below: (name) => {
      mkdirSync(join(path, name));
      return cgroupAt(join(path, name), root);
    },
    [Symbol.dispose]: () => {
      rmdirSync(path);
    },
  };
}
