import { constants, openSync } from "node:fs";
import { CoreGenError } from "../../errors.ts";
import { Fd } from "../sys/fd.ts";
import { libc } from "../sys/libc.ts";

/** A network namespace: the path of a file that stands for it, or the number of a descriptor of that. */
export type NetworkNamespace = string | number;

/** That of the calling thread: a worker may be in another one than its process. */
const OWN = "/proc/thread-self/ns/net";
/** linux/nsfs.h, since Linux 4.11. */
const NS_GET_NSTYPE = 0xb703;
const CLONE_NEWNET = 0x40000000;

/**
 * Opens a network namespace, the process's own when `which` is undefined, for programs that are attached to it.
 *
 * Throws a `CoreGenError` with code `bad-input` when there is no such file, or it is something else.
 */
export function openNetworkNamespace(which: NetworkNamespace | undefined, doing: string): Fd {
  const fd = open(which, doing);
  const type = libc().ioctl(fd.number, NS_GET_NSTYPE, 0);
  if (type === CLONE_NEWNET) return fd;
  fd.close();
  const what = type < 0 ? "no namespace" : "a namespace of another kind";
  throw new CoreGenError("bad-input", `${doing}: ${fd.what} is ${what}`, { hints });
}

function open(which: NetworkNamespace | undefined, doing: string): Fd {
  if (typeof which === "number") return Fd.duplicate(which, `descriptor ${which}`);
  const path = which ?? OWN;
  try {
    // Whoever names a pipe must not wait for its writer.
    const number = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Fd(number, which === undefined ? "this process's network namespace" : path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
    const why = code === "ENOENT" ? "there is no such file" : code;
    throw new CoreGenError("bad-input", `${doing}: opening the network namespace ${path} failed: ${why}`, {
      cause,
      hints,
    });
  }
}

const hints = [
  "/proc/PID/ns/net is that of a process, /run/netns/NAME one that `ip netns add NAME` has made; without a path it is this process's own.",
];
