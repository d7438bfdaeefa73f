import { fstatSync } from "node:fs";
import { CoreGenError } from "../../errors.ts";
import { KernelError } from "../errors.ts";
import { hintsIfDenied } from "../kernel/privileges.ts";
import type { LoadedProgram } from "../load/types.ts";
import { checkDescriptor } from "../maps/descriptors.ts";
import { withAddress, type Meanings } from "../sys/bpf.ts";
import { ENOENT } from "../sys/errno.ts";
import { libc } from "../sys/libc.ts";
import { LegacyLink } from "./legacy-link.ts";
import type { Link, ProgramSource, UpdateOptions } from "./link.ts";

/*
 * Programs of sockets are attached by setsockopt(), and the kernel does not say what is attached. So it is kept here what
 * this process has attached, for that one doesn't displace another unnoticed.
 */

/** What a program can be to a socket: the options of asm-generic/socket.h that attach and detach it. */
export interface SocketHook {
  /** "filter" */
  readonly name: string;
  readonly attach: number;
  readonly attachName: string;
  readonly detach: number;
  readonly detachName: string;
  /** Why the kernel refuses to attach. */
  readonly meanings: Meanings;
}

const SOL_SOCKET = 1;

const attached = new Map<string, SocketLink>();

/** Attaches a program to a socket, which stays the caller's. */
export function attachToSocket({ program, fd }: LoadedProgram, socket: number, hook: SocketHook): Link {
  const number = checkDescriptor(socket, "a socket");
  const what = `program "${program.name}" as ${hook.name} of the socket with descriptor ${number}`;
  const id = checkSocket(number, `attaching ${what}`);
  const key = `${hook.attachName} ${id}`;
  const other = attached.get(key);
  if (other !== undefined) {
    throw new CoreGenError("bad-input", `attaching ${what}: ${other.what} is there already`, {
      hints: ["Detach that first, or put this program in its place by link.update()."],
    });
  }
  const attachment = { what, number, id, hook, key };
  put(attachment, fd.number);
  return new SocketLink(attachment, fd.number);
}

interface SocketAttachment {
  readonly what: string;
  /** The number of the socket's descriptor. */
  readonly number: number;
  /** Of the socket itself. */
  readonly id: string;
  readonly hook: SocketHook;
  readonly key: string;
}

/** The id of a socket. Throws a `CoreGenError` for what is none. */
function checkSocket(number: number, doing: string): string {
  const hints = ["Node keeps it at socket._handle.fd, once the socket is bound or connected."];
  const id = socketId(number);
  if (id !== undefined) return id;
  throw new CoreGenError("bad-input", `${doing}: it is no socket, or not open`, { hints });
}

/** The inode of a socket, which no other one has as long as it is open; undefined for other descriptors. */
function socketId(number: number): string | undefined {
  try {
    const { dev, ino, ...stat } = fstatSync(number, { bigint: true });
    return isSocket(stat.mode) ? `${dev}:${ino}` : undefined;
  } catch {
    return undefined;
  }
}

function isSocket(mode: bigint): boolean {
  return (mode & 0o170000n) === 0o140000n;
}

function put({ what, number, hook }: SocketAttachment, program: number): void {
  const errno = setOption(number, hook.attach, program);
  if (errno === 0) return;
  throw new KernelError({
    doing: `attaching ${what}`,
    syscall: "setsockopt",
    command: hook.attachName,
    errno,
    meaning: hook.meanings.get(errno),
    hints: hook.meanings.has(errno) ? [] : hintsIfDenied(errno),
  });
}

/** Returns errno, or 0. */
function setOption(socket: number, name: number, value: number): number {
  const bytes = new Uint8Array(Uint32Array.of(value).buffer);
  return -withAddress(bytes, (address) => libc().setsockopt(socket, SOL_SOCKET, name, address, bytes.length));
}

class SocketLink extends LegacyLink {
  readonly #attachment: SocketAttachment;

  constructor(attachment: SocketAttachment, program: number) {
    super(attachment.what, program);
    this.#attachment = attachment;
    attached.set(attachment.key, this);
  }

  /** The number may be that of something else by now. */
  get #isOpen(): boolean {
    const { number, id } = this.#attachment;
    return socketId(number) === id;
  }

  protected override takeAway(): void {
    if (!this.#isOpen) return;
    const { number, hook } = this.#attachment;
    const errno = setOption(number, hook.detach, 0);
    if (errno === 0 || errno === ENOENT) return;
    const meaning = hook.meanings.get(errno);
    const doing = `detaching ${this.what}`;
    throw new KernelError({ doing, syscall: "setsockopt", command: hook.detachName, errno, meaning });
  }

  protected override replace(program: ProgramSource, { expected }: UpdateOptions): void {
    this.checkRuns(expected, program);
    const what = `program "${program.name}" in the place of ${this.what}`;
    if (!this.#isOpen) throw new CoreGenError("closed", `attaching ${what}: that socket has been closed`);
    put({ ...this.#attachment, what }, program.fd);
  }

  protected override leave(): void {
    attached.delete(this.#attachment.key);
    super.leave();
  }
}
