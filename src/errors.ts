/** What kind of thing went wrong, to switch on; the message is for people, the code is for programs. */
export type ErrorCode =
  | "bad-elf"
  | "bad-btf"
  | "bad-dwarf"
  | "bad-object"
  | "bad-input"
  | "bad-value"
  | "relocation"
  | "unsupported"
  | "kernel"
  | "permission"
  | "verifier"
  | "no-kernel-btf"
  | "incompatible-map"
  | "buffer-full"
  | "closed";

/** The facts of a {@link CoreGenError} beside its message. */
export interface ErrorDetails {
  /** What the reader can do about it, one sentence per line. */
  readonly hints?: readonly string[];
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * The base of every error that core-gen throws on purpose.
 *
 * The message says what was being done, to what, and what is wrong; `hints` say what to do.
 * Two copies of the package can meet in one process, so recognise one with {@link isCoreGenError}, not `instanceof`.
 */
export class CoreGenError extends Error {
  override readonly name: string = "CoreGenError";
  readonly code: ErrorCode;
  readonly hints: readonly string[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hints = details.hints ?? [];
  }
}

/** Whether `error` was thrown on purpose by any copy of core-gen. */
export function isCoreGenError(error: unknown): error is CoreGenError {
  return error instanceof Error && "code" in error && Array.isArray((error as Partial<CoreGenError>).hints);
}
