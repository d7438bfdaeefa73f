import type { KernelError } from "../errors.ts";
import { Attr, bpf, BPF_PROG_STREAM_READ_BY_FD, bpfFailure } from "./bpf.ts";
import { EINVAL } from "./errno.ts";

/** `BPF_STDOUT` and `BPF_STDERR`. */
const streams = { stdout: 1, stderr: 2 } as const;
export type StreamName = keyof typeof streams;

const CHUNK_SIZE = 65536;

/** Takes what a program has written to one of its streams. Throws a `KernelError`: EINVAL before Linux 6.17. */
export function readProgramStream(fd: number, stream: StreamName, what: string): string {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = new Uint8Array(CHUNK_SIZE);
    const attr = new Attr(20).pointer(0, chunk).u32(8, CHUNK_SIZE).u32(12, streams[stream]).u32(16, fd);
    const length = bpf(BPF_PROG_STREAM_READ_BY_FD, attr);
    if (length < 0) throw failure(-length, stream, what);
    if (length === 0) return new TextDecoder().decode(Buffer.concat(chunks));
    chunks.push(chunk.subarray(0, length));
  }
}

function failure(errno: number, stream: StreamName, what: string): KernelError {
  return bpfFailure({
    doing: `reading the ${stream} of ${what}`,
    command: BPF_PROG_STREAM_READ_BY_FD,
    errno,
    meaning: errno === EINVAL ? "programs have no streams on this kernel: Linux 6.17 and later have" : undefined,
  });
}
