import { type Attr, bpf, BPF_PROG_LOAD } from "../sys/bpf.ts";
import { ENOSPC } from "../sys/errno.ts";
import { linesOf } from "./verifier-log.ts";

const FIRST_SIZE = 1 << 20;
/** A log this long helps nobody. */
const LARGEST_SIZE = 1 << 28;
const GROWTH = 16;
/** Where kernels since 6.4 say how long the log would be. */
const LOG_TRUE_SIZE_AT = 140;

/** What came of loading a program with a log. */
export interface LoggedLoad {
  /** The descriptor, or minus errno. */
  readonly result: number;
  readonly log: readonly string[];
  /** Whether the log's end is missing, because it is larger than the kernel lets it be; then nothing was loaded. */
  readonly truncated: boolean;
}

/**
 * Loads a program with the verifier's log, in a buffer that grows until all of it fits: the kernel loads nothing when
 * it does not (ENOSPC). `level` is BPF_LOG_LEVEL1 (1), BPF_LOG_LEVEL2 (2) and BPF_LOG_STATS (4) in any combination.
 */
export function loadWithLog(encode: () => Attr, level: number): LoggedLoad {
  let size = FIRST_SIZE;
  for (;;) {
    const log = new Uint8Array(size);
    const attr = encode().u32(24, level).u32(28, size).pointer(32, log);
    const result = bpf(BPF_PROG_LOAD, attr);
    const truncated = result === -ENOSPC;
    if (!truncated || size >= LARGEST_SIZE) return { result, log: linesOf(log), truncated };
    size = nextSize(size, attr.getU32(LOG_TRUE_SIZE_AT));
  }
}

function nextSize(size: number, trueSize: number): number {
  return Math.min(LARGEST_SIZE, trueSize > size ? trueSize : size * GROWTH);
}
