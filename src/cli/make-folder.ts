import { mkdirSync } from "node:fs";
import { CoreGenError } from "../errors.ts";
import { reasonOf } from "./file-errors.ts";

/** Makes a folder with those above it, and gives the first that was not there. Throws a `CoreGenError` that says why it can't. */
export function makeFolder(path: string): string | undefined {
  try {
    return mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new CoreGenError("bad-input", `making the folder ${path}: ${reasonOf(cause)}`, { cause });
  }
}
