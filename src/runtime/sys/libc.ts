import { createRequire } from "node:module";
import type * as Koffi from "koffi";
import { CoreGenError } from "../../errors.ts";

type PollHandle = Koffi.node.PollHandle;

/** The C functions that the runtime calls. Pointers and results are numbers: user addresses fit in 53 bits. */
export interface Libc {
  /** A system call with three arguments; returns its result, or minus errno. */
  readonly syscall: (number: number, a: number, b: number, c: number) => number;
  /** A system call with five arguments; returns its result, or minus errno. */
  readonly syscall5: (number: number, a: number, b: number, c: number, d: number, e: number) => number;
  /** Returns the address, or minus errno. */
  readonly mmap: (
    address: number,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => number;
  /** Returns 0, or minus errno. */
  readonly munmap: (address: number, length: number) => number;
  /** Returns its result, or minus errno. */
  readonly ioctl: (fd: number, request: number, argument: number) => number;
  /** Returns its result, or minus errno. */
  readonly fcntl: (fd: number, command: number, argument: number) => number;
  /** Returns 0, or minus errno. `limit` is the address of a `struct rlimit`. */
  readonly setrlimit: (resource: number, limit: number) => number;
  /** Returns 0, or minus errno. */
  readonly close: (fd: number) => number;
  /** Returns a descriptor, or minus errno. */
  readonly socket: (family: number, type: number, protocol: number) => number;
  /** Returns 0, or minus errno. `value` is an address, `length` its bytes. */
  readonly setsockopt: (fd: number, level: number, name: number, value: number, length: number) => number;
  /** Returns the bytes sent, or minus errno. `buffer` is an address. */
  readonly send: (fd: number, buffer: number, length: number, flags: number) => number;
  /** Returns the bytes received, or minus errno. `buffer` is an address. */
  readonly recv: (fd: number, buffer: number, length: number, flags: number) => number;
  /** Bytes of a memory page. */
  readonly pageSize: number;
  /** Where the bytes of a buffer are. The buffer must stay referenced for as long as the address is used. */
  readonly addressOf: (buffer: Uint8Array | ArrayBuffer) => number;
  /** Memory at an address as an ArrayBuffer, which does not keep the memory alive. */
  readonly view: (address: number, length: number) => ArrayBuffer;
  /** poll(2) without waiting: returns how many of the `count` structs at the address are ready, or minus errno. */
  readonly pollNow: (pollfds: number, count: number) => number;
  /** Watches a descriptor in the event loop. */
  readonly poll: (fd: number, what: "readable" | "writable", onEvent: (status: number) => void) => PollHandle;
}

let loaded: Libc | undefined;

/**
 * The C library of this process, and through it the kernel. Loaded at the first call, once per thread.
 * Throws a `CoreGenError` with code `unsupported` on anything but Linux.
 */
export function libc(): Libc {
  return (loaded ??= loadLibc());
}

function loadLibc(): Libc {
  if (process.platform !== "linux") {
    throw new CoreGenError("unsupported", `loading BPF programs needs Linux, and this is ${process.platform}`, {
      hints: ["Generating skeletons and checking relocations work on every system."],
    });
  }
  const koffi = loadKoffi();
  // The process itself, not "libc.so.6": the same works with musl.
  const library = koffi.load(null);
  // koffi gives untyped functions; Call is what all the declarations below have in common.
  const declare = (declaration: string): Call => library.func(declaration) as Call;
  const syscall = declare("intptr_t syscall(intptr_t, intptr_t, intptr_t, intptr_t)");
  const syscall5 = library.func("syscall", "intptr_t", Array<string>(6).fill("intptr_t")) as Call;
  // As a pointer type MAP_FAILED would be 2^64 - 1, which is no Number and never equals -1.
  const mmap = declare("intptr_t mmap(intptr_t, size_t, int, int, int, int64_t)");
  const munmap = declare("int munmap(intptr_t, size_t)");
  const ioctl = declare("int ioctl(int, unsigned long, intptr_t)");
  const fcntl = declare("int fcntl(int, int, intptr_t)");
  const setrlimit = declare("int setrlimit(int, intptr_t)");
  const close = declare("int close(int)");
  const socket = declare("int socket(int, int, int)");
  const setsockopt = declare("int setsockopt(int, int, int, intptr_t, unsigned int)");
  const send = declare("intptr_t send(int, intptr_t, size_t, int)");
  const recv = declare("intptr_t recv(int, intptr_t, size_t, int)");
  const poll = declare("int poll(intptr_t, unsigned long, int)");
  const errno = new Int32Array(koffi.view(BigInt(declare("intptr_t __errno_location()")()), 4));
  // errno belongs to the thread, and is read at once: koffi does not save it, and V8 does not change it in between
  // (tried with allocations and collections in between).
  const checked = (result: number): number => (result === -1 ? -(errno[0] ?? 0) : result);
  return {
    syscall: (number, a, b, c) => checked(syscall(number, a, b, c)),
    syscall5: (number, a, b, c, d, e) => checked(syscall5(number, a, b, c, d, e)),
    mmap: (address, length, protection, flags, fd, offset) =>
      checked(mmap(address, length, protection, flags, fd, offset)),
    munmap: (address, length) => checked(munmap(address, length)),
    ioctl: (fd, request, argument) => checked(ioctl(fd, request, argument)),
    fcntl: (fd, command, argument) => checked(fcntl(fd, command, argument)),
    setrlimit: (resource, limit) => checked(setrlimit(resource, limit)),
    close: (fd) => checked(close(fd)),
    socket: (family, type, protocol) => checked(socket(family, type, protocol)),
    setsockopt: (fd, level, name, value, length) => checked(setsockopt(fd, level, name, value, length)),
    send: (fd, buffer, length, flags) => checked(send(fd, buffer, length, flags)),
    recv: (fd, buffer, length, flags) => checked(recv(fd, buffer, length, flags)),
    pollNow: (pollfds, count) => checked(poll(pollfds, count, 0)),
    pageSize: declare("int getpagesize()")(),
    addressOf: (buffer) => Number(koffi.address(buffer)),
    view: (address, length) => koffi.view(BigInt(address), length),
    // koffi's own type of this callback is wrong: the status comes first.
    poll: (fd, what, onEvent) => koffi.node.poll(fd, { [what]: true }, onEvent as never),
  };
}

type Call = (...args: number[]) => number;

function loadKoffi(): typeof Koffi {
  try {
    return createRequire(import.meta.url)("koffi") as typeof Koffi;
  } catch (cause) {
    throw new CoreGenError(
      "unsupported",
      "loading the native module koffi failed, and without it there are no system calls",
      {
        cause,
        hints: [
          "Install it with `npm install koffi`; it has prebuilt binaries, nothing is compiled.",
          "A bundler must leave koffi out of the bundle (esbuild: --external:koffi).",
        ],
      },
    );
  }
}
