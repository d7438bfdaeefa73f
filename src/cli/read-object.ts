import { readFileSync, statSync } from "node:fs";
import { CoreGenError } from "../errors.ts";
import { reasonOf } from "./file-errors.ts";

/** The bytes of the object at `path`. Throws a `CoreGenError` that says why they can't be read. */
export function readObjectFile(path: string): Uint8Array {
  try {
    // A pipe is fine, and has an end: core-gen skel <(llvm-strip -g -o - prog.bpf.o). A device may have none.
    if (statSync(path).isCharacterDevice()) throw new Error("this is a device, not a file");
    return readFileSync(path);
  } catch (cause) {
    throw new CoreGenError("bad-input", `reading ${path}: ${reasonOf(cause)}`, { cause });
  }
}
