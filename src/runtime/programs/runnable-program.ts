import { testRun, type TestRunAnswer, type TestRunRequest } from "../sys/test-run.ts";
import { CoreGenError } from "../../errors.ts";
import { Program } from "./program.ts";
import type { RunContext } from "./run-context.ts";

/** What a program is run with. */
export interface TestRunOptions<C> {
  /** The packet: for most kinds a whole Ethernet frame, of at least 14 bytes. */
  readonly data?: Uint8Array | undefined;
  /** What the program gets as its context: members of the kernel's struct, or its bytes. */
  readonly context?: C | Uint8Array | undefined;
  /** How often it is run; `duration` is the average. Default: 1. */
  readonly repeat?: number | undefined;
  /** Room for the data that comes out, in bytes. Default: 4096 more than go in. */
  readonly dataOutSize?: number | undefined;
  /** `BPF_F_TEST_*`. */
  readonly flags?: number | undefined;
  /** The CPU to run on, with BPF_F_TEST_RUN_ON_CPU, which only raw tracepoints have. */
  readonly cpu?: number | undefined;
}

/** What came of a test run. */
export interface TestRunResult<C> {
  /** What the program returned, as C's `int`. */
  readonly returnValue: number;
  /** The packet afterwards; empty where none went in. */
  readonly data: Uint8Array;
  /** The context afterwards; undefined where none went in, or none comes out. */
  readonly context: Required<C> | undefined;
  /** Nanoseconds of one run. */
  readonly duration: number;
}

/** A program that the kernel can run on request, without what it is for: to test it, to measure it. */
export class RunnableProgram<C extends object = object> extends Program {
  /** The context of this kind of programs; undefined where there is none to be set. */
  protected readonly runContext: RunContext<C> | undefined = undefined;

  /**
   * Runs the program with data and a context of yours (BPF_PROG_TEST_RUN; libbpf: `bpf_prog_test_run_opts`). It need not be
   * attached, and what it does to maps is done.
   *
   * Throws a `KernelError`: ENOTSUPP for kinds that this kernel can't run so, EINVAL for what it does not take, ENOSPC when
   * more data came out than `dataOutSize`; and a `CoreGenError` for a context that can't be.
   *
   * @example
   * const { returnValue, duration } = skel.progs.classify.testRun({ data: frame, context: { mark: 7 }, repeat: 1000 });
   */
  testRun(options: TestRunOptions<C> = {}): TestRunResult<C> {
    const answer = this.run(this.runRequest(options));
    return { ...answer, context: this.readContext(answer, options) };
  }

  protected run(request: TestRunRequest): TestRunAnswer {
    return testRun(this.fd, request);
  }

  protected runRequest(options: TestRunOptions<C>): TestRunRequest {
    const { data, repeat, cpu, flags = 0 } = options;
    const doing = `test-running program "${this.name}"`;
    checkCount("repeat", repeat, doing);
    checkCount("dataOutSize", options.dataOutSize, doing);
    const context = this.#encodeContext(options.context, doing);
    return {
      data,
      dataOutSize: options.dataOutSize ?? (data === undefined ? 0 : data.length + MORE_DATA),
      context,
      contextOutSize: context?.length ?? 0,
      repeat,
      flags,
      cpu,
      doing,
    };
  }

  protected readContext({ context }: TestRunAnswer, options: TestRunOptions<C>): Required<C> | undefined {
    if (options.context === undefined || context.length === 0) return undefined;
    return this.runContext?.decode(context);
  }

  #encodeContext(context: C | Uint8Array | undefined, doing: string): Uint8Array | undefined {
    if (context === undefined || context instanceof Uint8Array) return context;
    if (this.runContext === undefined) {
      throw new CoreGenError("bad-input", `${doing}: programs of SEC("${this.section}") are run without a context`);
    }
    return this.runContext.encode(context, doing);
  }
}

/** A program may make the packet longer: by a tunnel's headers, by a page. */
const MORE_DATA = 4096;

/** The kernel takes 32 bits of it, and silently the lower ones. */
export function checkCount(name: string, value: number | undefined, doing: string): void {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= 0x7fffffff)) return;
  throw new CoreGenError("bad-input", `${doing}: ${name} is ${value}`, {
    hints: ["It is a whole number from 0 to 2147483647."],
  });
}
