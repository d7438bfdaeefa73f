import { CoreGenError, isCoreGenError } from "../errors.ts";
import { reasonOf } from "./file-errors.ts";

/** A command line that says nothing we know. */
export class UsageError extends Error {}

/** Prints what went wrong to stderr, for people, and makes the process end with status 1. */
export function reportError(error: unknown): void {
  process.exitCode = 1;
  for (const line of linesOf(error)) console.error(line);
  // The stack is for us; of an error that nobody expected, it is all there is.
  if (process.env["CORE_GEN_DEBUG"] === "1" && error instanceof Error) console.error(error.stack);
}

function linesOf(error: unknown): string[] {
  if (error instanceof UsageError)
    return [`core-gen: ${error.message}`, "  core-gen --help shows all commands and options."];
  if (isCoreGenError(error)) return [`core-gen: ${error.message}`, ...error.hints.map((hint) => `  ${hint}`)];
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [`core-gen: this is a bug in core-gen, please report it with the object that triggers it: ${what}`];
}

/** `core-gen inspect x.o | head`: who closes our output has seen enough. Other failures, a full disk, are reported. */
export function watchStandardOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      reportError(new CoreGenError("bad-input", `writing to standard output: ${reasonOf(error)}`, { cause: error }));
    }
    process.exit();
  });
}
