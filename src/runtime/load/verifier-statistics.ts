/** What the verifier counted while it looked at a program: the lines at the end of its log. */
export interface VerifierStatistics {
  /** Instructions that it walked through, on all paths: what is limited to a million. */
  readonly processedInsns: number;
  /** The limit. */
  readonly insnLimit: number;
  readonly maxStatesPerInsn: number;
  readonly totalStates: number;
  /** Most states that it kept at one time. */
  readonly peakStates: number;
  readonly markRead: number;
  /** In microseconds; undefined without BPF_LOG_STATS (4) in the log level. */
  readonly verificationTime: number | undefined;
  /** Bytes of stack of the program and of each function that it calls, in the order of the code; undefined as above. */
  readonly stackDepth: readonly number[] | undefined;
}

const PROCESSED =
  /^processed (\d+) insns \(limit (\d+)\) max_states_per_insn (\d+) total_states (\d+) peak_states (\d+) mark_read (\d+)/u;

/** Reads the statistics at the end of a verifier's log; undefined where there are none (log level 0). */
export function verifierStatistics(log: readonly string[]): VerifierStatistics | undefined {
  const processed = PROCESSED.exec(log.findLast((line) => line.startsWith("processed ")) ?? "");
  if (processed === null) return undefined;
  const [processedInsns = 0, insnLimit = 0, maxStatesPerInsn = 0, totalStates = 0, peakStates = 0, markRead = 0] =
    processed.slice(1).map(Number);
  const time = lastMatch(log, /^verification time (\d+) usec/u);
  const stack = lastMatch(log, /^stack depth ([\d+]+)/u);
  return {
    ...{ processedInsns, insnLimit, maxStatesPerInsn, totalStates, peakStates, markRead },
    verificationTime: time === undefined ? undefined : Number(time),
    stackDepth: stack?.split("+").map(Number),
  };
}

function lastMatch(log: readonly string[], pattern: RegExp): string | undefined {
  const line = log.findLast((one) => pattern.test(one));
  return line === undefined ? undefined : pattern.exec(line)?.[1];
}
