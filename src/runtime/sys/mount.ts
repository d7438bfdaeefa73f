import { KernelError } from "../errors.ts";
import { SYS_FSCONFIG, SYS_FSMOUNT, SYS_FSOPEN } from "./arch.ts";
import { withAddress } from "./bpf.ts";
import { Fd } from "./fd.ts";
import { libc } from "./libc.ts";

const FSOPEN_CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;
const FSMOUNT_CLOEXEC = 1;

/**
 * Mounts a file system of the given type nowhere: only the descriptor reaches it (Linux 5.2), and it is gone with it.
 * Its files are below `/proc/self/fd/N/`. Throws a {@link KernelError}: ENODEV when the kernel has no such file system.
 */
export function mountDetached(type: string): Fd {
  const what = `the file system ${type}`;
  using context = openContext(type, what);
  check(libc().syscall5(SYS_FSCONFIG, context.number, FSCONFIG_CMD_CREATE, 0, 0, 0), "fsconfig", what);
  const mount = libc().syscall(SYS_FSMOUNT, context.number, FSMOUNT_CLOEXEC, 0);
  return new Fd(check(mount, "fsmount", what), what);
}

function openContext(type: string, what: string): Fd {
  const name = Buffer.from(`${type}\0`);
  const result = withAddress(name, (address) => libc().syscall(SYS_FSOPEN, address, FSOPEN_CLOEXEC, 0));
  return new Fd(check(result, "fsopen", what), what);
}

function check(result: number, syscall: string, what: string): number {
  if (result >= 0) return result;
  throw new KernelError({ doing: `mounting ${what}`, syscall, errno: -result });
}
