import type { Codec } from "../codec.ts";
import { Memory } from "../memory.ts";
import { testRun } from "../sys/test-run.ts";
import { Program } from "./program.ts";

/** What came of running a program. */
export interface SyscallRunResult<C> {
  /** What the program returned, as C's `int`. */
  readonly returnValue: number;
  /** The context as the program left it. */
  readonly context: C;
}

/** A program that runs when it is called, in this process: `SEC("syscall")` (Linux 5.14). */
export class SyscallProgram extends Program {
  /**
   * Runs the program (BPF_PROG_TEST_RUN), with the bytes of its context, which it can change; at most 65535. They are
   * copied: what it has made of them comes back.
   *
   * @example
   * const { returnValue } = skel.progs.make_map.run();
   * const { context } = skel.progs.make_map.run(new Uint8Array(16));
   */
  run(context?: Uint8Array): SyscallRunResult<Uint8Array>;
  /**
   * Runs the program with a context of the C type that `codec` is for. Throws a `KernelError` when the kernel refuses, and
   * what the codec throws for values that do not fit.
   *
   * @example
   * const { returnValue, context } = skel.progs.add.run(41n, u64);
   */
  run<C>(context: C, codec: Codec<C>): SyscallRunResult<C>;
  run<C>(context?: C | Uint8Array, codec?: Codec<C>): SyscallRunResult<C | Uint8Array> {
    const bytes = codec === undefined ? new Uint8Array((context ?? []) as Uint8Array) : encode(context as C, codec);
    // Programs of this kind have no context of their own: the kernel writes into what went in.
    const { returnValue } = testRun(this.fd, { context: bytes, doing: `running program "${this.name}"` });
    return { returnValue, context: codec === undefined ? bytes : codec.read(new Memory(bytes), 0) };
  }
}

function encode<C>(context: C, codec: Codec<C>): Uint8Array {
  const memory = new Memory(new Uint8Array(codec.size));
  codec.write(memory, 0, context);
  return memory.bytes;
}
