import { KernelError } from "../errors.ts";
import { SYS_PIDFD_OPEN } from "./arch.ts";
import { ESRCH } from "./errno.ts";
import { libc } from "./libc.ts";

/** Calls `use` with a descriptor of a process (Linux 5.3). Throws a {@link KernelError} with errno ESRCH when there is none. */
export function withPidfd<T>(pid: number, use: (fd: number) => T): T {
  const { syscall, close } = libc();
  const fd = syscall(SYS_PIDFD_OPEN, pid, 0, 0);
  if (fd < 0) {
    const meaning = fd === -ESRCH ? "there is no such process" : undefined;
    throw new KernelError({ doing: `opening process ${pid}`, syscall: "pidfd_open", errno: -fd, meaning });
  }
  try {
    return use(fd);
  } finally {
    close(fd);
  }
}
