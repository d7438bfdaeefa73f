import { Attr, bpf, BPF_PROG_TEST_RUN, bpfFailure } from "./bpf.ts";
import type { KernelError } from "../errors.ts";
import { EINVAL, ENOSPC, ENOTSUPP, EPERM } from "./errno.ts";

/** What BPF_PROG_TEST_RUN is asked for. */
export interface TestRunRequest {
  readonly data?: Uint8Array | undefined;
  /** Room for the data that comes out, in bytes. */
  readonly dataOutSize?: number;
  readonly context?: Uint8Array | undefined;
  /** Room for the context that comes out, in bytes. */
  readonly contextOutSize?: number;
  readonly repeat?: number | undefined;
  /** `BPF_F_TEST_*`. */
  readonly flags?: number;
  readonly cpu?: number | undefined;
  readonly batchSize?: number | undefined;
  /** For errors: `test-running program "p"`. */
  readonly doing: string;
}

/** What came of it. */
export interface TestRunAnswer {
  /** What the program returned, as C's `int`. */
  readonly returnValue: number;
  readonly data: Uint8Array;
  readonly context: Uint8Array;
  /** Nanoseconds of one run: the average where there were several. */
  readonly duration: number;
}

/** Up to `batch_size`; kernels that are older take it when what they don't know is 0. */
const ATTR_SIZE = 80;

/** Runs a program once or more (libbpf: `bpf_prog_test_run_opts`). Throws a {@link KernelError}. */
export function testRun(program: number, request: TestRunRequest): TestRunAnswer {
  const { data = none, context = none, dataOutSize = 0, contextOutSize = 0 } = request;
  const dataOut = new Uint8Array(dataOutSize);
  const contextOut = new Uint8Array(contextOutSize);
  const attr = new Attr(ATTR_SIZE)
    .u32(0, program)
    .u32(8, data.length)
    .u32(12, dataOutSize)
    .pointer(16, data)
    .pointer(24, dataOut)
    .u32(32, request.repeat ?? 0)
    .u32(40, context.length)
    .u32(44, contextOutSize)
    .pointer(48, context)
    .pointer(56, contextOut)
    .u32(64, request.flags ?? 0)
    .u32(68, request.cpu ?? 0)
    .u32(72, request.batchSize ?? 0);
  const result = bpf(BPF_PROG_TEST_RUN, attr);
  if (result < 0) throw failure(request.doing, -result, attr.getU32(12));
  return {
    returnValue: attr.getU32(4) | 0,
    data: dataOut.subarray(0, Math.min(dataOutSize, attr.getU32(12))),
    context: contextOut.subarray(0, Math.min(contextOutSize, attr.getU32(44))),
    duration: attr.getU32(36),
  };
}

const none = new Uint8Array();

function failure(doing: string, errno: number, dataSize: number): KernelError {
  const hints = errno === ENOSPC ? [`${dataSize} bytes of data came out: set dataOutSize.`] : [];
  return bpfFailure({
    doing,
    command: BPF_PROG_TEST_RUN,
    errno,
    meaning: meanings.get(errno),
    hints: errno === EPERM ? ["Run as root, or give the process CAP_BPF and CAP_NET_ADMIN."] : hints,
  });
}

const meanings: ReadonlyMap<number, string> = new Map([
  [ENOTSUPP, "this kernel can't test-run programs of this kind"],
  [EINVAL, "this kernel does not take this data, context or option for programs of this kind"],
  [ENOSPC, "there is no room for the data that came out"],
]);
