import { isCoreGenError, type ErrorCode } from "../errors.ts";
import type { BpfObject, BpfProgram } from "../object/model.ts";
import { KernelError, VerifierError } from "../runtime/errors.ts";
import { loadObject } from "../runtime/load/load.ts";
import type { LogEvent } from "../runtime/load/log-events.ts";
import { verifierStatistics, type VerifierStatistics } from "../runtime/load/verifier-statistics.ts";
import { programInfo, type ProgramInfo } from "../runtime/sys/program-info.ts";
import { withoutPins, withoutProgramsInMaps } from "./trial-settings.ts";

/** What the kernel said about one program. */
export interface ProgramVerdict {
  readonly program: string;
  readonly section: string;
  /** `skipped`: of a section that begins with "?", and not asked for. */
  readonly verdict: "ok" | "refused" | "skipped";
  /** Instructions that the kernel was given, subprograms included; undefined when it did not come to that. */
  readonly instructions: number | undefined;
  /** What the kernel made of them; undefined for a program that it refused. */
  readonly info: CodeInfo | undefined;
  readonly statistics: VerifierStatistics | undefined;
  readonly error: ProgramError | undefined;
  /** Everything the verifier said. */
  readonly log: readonly string[];
}

/** What there is to say about a program that has only been loaded: it has not run, and is gone at the end. */
export type CodeInfo = Pick<ProgramInfo, "type" | "tag" | "jitedSize" | "xlatedSize" | "verifiedInsns">;

/** Why a program was refused. */
export interface ProgramError {
  readonly code: ErrorCode;
  /** What the kernel said: "EINVAL"; undefined when it was not asked. */
  readonly errno: string | undefined;
  readonly message: string;
  readonly hints: readonly string[];
  /** The last instructions that the verifier looked at, with their lines of C; "" when it was not asked. */
  readonly excerpt: string;
}

/** How programs are tried. */
export interface TryOptions {
  /** Names of those that are; default: all whose section does not begin with "?". */
  readonly programs: readonly string[];
  /** Ask for everything the verifier does, and not only for what it counts. */
  readonly log: boolean;
}

const BPF_LOG_LEVEL2 = 2;
const BPF_LOG_STATS = 4;

/**
 * Loads every program of an object as if it were the only one, so that one that is refused hides no other, and closes
 * it again.
 */
export function tryPrograms(object: BpfObject, { programs, log }: TryOptions): ProgramVerdict[] {
  const wanted = ({ name, autoload }: BpfProgram): boolean =>
    programs.length > 0 ? programs.includes(name) : autoload;
  const level = log ? BPF_LOG_LEVEL2 | BPF_LOG_STATS : BPF_LOG_STATS;
  const shown = object.programs.filter((program) => programs.length === 0 || wanted(program));
  return shown.map((program) => (wanted(program) ? tryProgram(object, program, level) : skipped(program)));
}

function skipped({ name, section }: BpfProgram): ProgramVerdict {
  const nothing = { instructions: undefined, info: undefined, statistics: undefined, error: undefined };
  return { program: name, section, verdict: "skipped", ...nothing, log: [] };
}

function tryProgram(object: BpfObject, { name, section }: BpfProgram, level: number): ProgramVerdict {
  let instructions: number | undefined;
  const onLog = (event: LogEvent): void => {
    if (event.kind === "program-loaded") ({ instructions } = event);
  };
  const settings = {
    autoload: new Map(object.programs.map((other) => [other.name, other.name === name])),
    maps: withoutPins(object),
    contents: new Map(),
    logLevels: new Map([[name, level]]),
    onLog,
  };
  try {
    const loaded = loadObject(withoutProgramsInMaps(object), settings);
    try {
      const program = loaded.programs.get(name);
      const log = program?.log ?? [];
      const info = program && codeInfo(programInfo(program.fd.number, program.fd.what));
      const statistics = verifierStatistics(log);
      return { program: name, section, verdict: "ok", instructions, info, statistics, error: undefined, log };
    } finally {
      loaded.close();
    }
  } catch (error) {
    if (!isCoreGenError(error)) throw error;
    const { code, message, hints } = error;
    const [log, excerpt] = error instanceof VerifierError ? [error.log, error.excerpt()] : [[], ""];
    const errno = error instanceof KernelError ? error.errnoName : undefined;
    const why = { code, errno, message, hints, excerpt };
    const statistics = verifierStatistics(log);
    return { program: name, section, verdict: "refused", instructions, info: undefined, statistics, error: why, log };
  }
}

function codeInfo({ type, tag, jitedSize, xlatedSize, verifiedInsns }: ProgramInfo): CodeInfo {
  return { type, tag, jitedSize, xlatedSize, verifiedInsns };
}
