import type { AnyLink, Link } from "../links/link.ts";
import { logEvent, type OnLog } from "../load/log-events.ts";
import type { LoadedProgram } from "../load/types.ts";
import { verifierStatistics, type VerifierStatistics } from "../load/verifier-statistics.ts";
import { pinAt, unpinAt } from "../maps/pinning.ts";
import type { Fd } from "../sys/fd.ts";
import { programInfo, type ProgramInfo } from "../sys/program-info.ts";
import { readProgramStream } from "../sys/program-stream.ts";

/** What a {@link Program} asks of the skeleton that it belongs to. */
export interface ProgramOwner {
  /** The descriptor; throws when the program was not loaded, or the skeleton is closed. */
  fd(): Fd;
  /** Attaches the program to what its section says; the skeleton closes the link at its end. */
  attach(): Link;
  /** Makes a link of the program; the skeleton closes it at its end. */
  attachWith<L extends AnyLink>(attach: (program: LoadedProgram) => L): L;
  readonly onLog: OnLog | undefined;
}

/** What a {@link Program} is made of. */
export interface ProgramFacts {
  readonly name: string;
  readonly section: string;
  readonly loaded: boolean;
  readonly log: readonly string[];
}

/** A program of a loaded object. Those of most kinds have a class of their own, with more ways to attach them. */
export class Program {
  /** Its C name. */
  readonly name: string;
  /** The ELF section: "tracepoint/syscalls/sys_enter_execve". */
  readonly section: string;
  /** False when its `autoload` was off: then it is not in the kernel. */
  readonly loaded: boolean;
  /** What the verifier said, line by line; empty when `logLevel` was 0. */
  readonly log: readonly string[];
  /** The skeleton that it belongs to. */
  protected readonly owner: ProgramOwner;

  constructor(facts: ProgramFacts, owner: ProgramOwner) {
    this.name = facts.name;
    this.section = facts.section;
    this.loaded = facts.loaded;
    this.log = facts.log;
    this.owner = owner;
  }

  /** The descriptor's number, for calls of your own; it stays the skeleton's. Throws with code `closed` after close. */
  get fd(): number {
    return this.owner.fd().number;
  }

  /** What the verifier counted; undefined when `logLevel` was 0. */
  get statistics(): VerifierStatistics | undefined {
    return verifierStatistics(this.log);
  }

  /**
   * Attaches the program to what its section says. The link is the skeleton's, which closes it at its own end, and
   * yours to close earlier. Throws a `CoreGenError` when the section doesn't say what to attach to.
   */
  attach(): Link {
    return this.owner.attach();
  }

  /** What the kernel says about the program. Throws with code `closed` after close. */
  info(): ProgramInfo {
    return programInfo(this.fd, `program "${this.name}"`);
  }

  /**
   * Takes what the program has printed with `bpf_stream_printk(BPF_STDOUT, …)` since the last call; "" when that is nothing
   * (libbpf: `bpf_prog_stream_read`). Throws a `KernelError` on kernels before 6.17.
   */
  stdout(): string {
    return readProgramStream(this.fd, "stdout", `program "${this.name}"`);
  }

  /**
   * Takes what the program has printed to BPF_STDERR since the last call, and what the kernel has reported there: a fault in
   * an arena, a loop that took too long, a lock held twice. Throws a `KernelError` on kernels before 6.17.
   */
  stderr(): string {
    return readProgramStream(this.fd, "stderr", `program "${this.name}"`);
  }

  /**
   * Gives the program a name in a BPF file system, such as /sys/fs/bpf, which keeps it in the kernel when the skeleton
   * is closed. Folders that are missing are made (libbpf: `bpf_program__pin`).
   *
   * Throws a `CoreGenError` with code `bad-input` for a path outside of such a file system, a `KernelError` with errno
   * EEXIST when there is something already.
   */
  pin(path: string): void {
    pinAt(this.owner.fd(), path);
    logEvent(this.owner.onLog, { kind: "program-pinned", program: this.name, path });
  }

  /** Removes a pin; a program that nothing else holds is gone with it. Throws a `CoreGenError` when there is none. */
  unpin(path: string): void {
    unpinAt(path, `program "${this.name}"`);
    logEvent(this.owner.onLog, { kind: "program-unpinned", program: this.name, path });
  }
}
