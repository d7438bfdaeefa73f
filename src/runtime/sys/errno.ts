export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const ENXIO = 6;
export const E2BIG = 7;
export const EBADF = 9;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EFAULT = 14;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const ENOSPC = 28;
export const ERANGE = 34;
export const ENOLINK = 67;
export const EILSEQ = 84;
export const EOPNOTSUPP = 95;
export const EAFNOSUPPORT = 97;
export const EADDRNOTAVAIL = 99;
export const EINPROGRESS = 115;
export const ESTALE = 116;
/** Only used between parts of the kernel, but bpf() lets it out. */
export const ENOTSUPP = 524;

/**
 * Linux's error numbers, `asm-generic/errno*.h`: the same on every architecture that Node runs on.
 * Only those that bpf(), perf_event_open(), mmap(), netlink and the mount calls are known to give.
 */
const errnos: ReadonlyMap<number, readonly [name: string, meaning: string]> = new Map([
  [EPERM, ["EPERM", "operation not permitted"]],
  [ENOENT, ["ENOENT", "no such thing"]],
  [ESRCH, ["ESRCH", "no such process"]],
  [EINTR, ["EINTR", "interrupted by a signal"]],
  [5, ["EIO", "input/output error"]],
  [ENXIO, ["ENXIO", "no such device or address"]],
  [E2BIG, ["E2BIG", "too big"]],
  [8, ["ENOEXEC", "wrong executable format"]],
  [EBADF, ["EBADF", "not an open file descriptor of the right kind"]],
  [10, ["ECHILD", "no child processes"]],
  [EAGAIN, ["EAGAIN", "try again"]],
  [ENOMEM, ["ENOMEM", "out of memory"]],
  [EACCES, ["EACCES", "permission denied"]],
  [EFAULT, ["EFAULT", "bad address"]],
  [EBUSY, ["EBUSY", "busy"]],
  [EEXIST, ["EEXIST", "exists already"]],
  [18, ["EXDEV", "link across devices"]],
  [ENODEV, ["ENODEV", "no such device"]],
  [20, ["ENOTDIR", "not a directory"]],
  [21, ["EISDIR", "is a directory"]],
  [EINVAL, ["EINVAL", "invalid argument"]],
  [23, ["ENFILE", "too many open files in the system"]],
  [24, ["EMFILE", "too many open files in this process"]],
  [25, ["ENOTTY", "not a request that this descriptor knows"]],
  [27, ["EFBIG", "file too large"]],
  [ENOSPC, ["ENOSPC", "no space left"]],
  [29, ["ESPIPE", "cannot seek"]],
  [30, ["EROFS", "read-only file system"]],
  [32, ["EPIPE", "broken pipe"]],
  [33, ["EDOM", "out of the function's domain"]],
  [ERANGE, ["ERANGE", "out of range"]],
  [36, ["ENAMETOOLONG", "name too long"]],
  [38, ["ENOSYS", "this kernel has no such system call"]],
  [39, ["ENOTEMPTY", "not empty"]],
  [40, ["ELOOP", "too many links"]],
  [61, ["ENODATA", "no data"]],
  [62, ["ETIME", "timer expired"]],
  [ENOLINK, ["ENOLINK", "the link is severed"]],
  [71, ["EPROTO", "protocol error"]],
  [74, ["EBADMSG", "not a message"]],
  [75, ["EOVERFLOW", "value too large"]],
  [EILSEQ, ["EILSEQ", "not where an instruction begins"]],
  [88, ["ENOTSOCK", "not a socket"]],
  [EOPNOTSUPP, ["EOPNOTSUPP", "not supported"]],
  [EAFNOSUPPORT, ["EAFNOSUPPORT", "no such family of addresses"]],
  [98, ["EADDRINUSE", "address in use"]],
  [EADDRNOTAVAIL, ["EADDRNOTAVAIL", "no such address"]],
  [105, ["ENOBUFS", "no buffer space"]],
  [110, ["ETIMEDOUT", "timed out"]],
  [EINPROGRESS, ["EINPROGRESS", "in progress already"]],
  [ESTALE, ["ESTALE", "stale handle"]],
  [ENOTSUPP, ["ENOTSUPP", "not supported by this kernel"]],
]);

/** The kernel's name for an error number: `ENOENT` for 2; `errno 4711` for one that has no name here. */
export function errnoName(errno: number): string {
  return errnos.get(errno)?.[0] ?? `errno ${errno}`;
}

/** What an error number says in general, in a few words. */
export function errnoMeaning(errno: number): string {
  return errnos.get(errno)?.[1] ?? "unknown error";
}
