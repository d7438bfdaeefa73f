import {
  closeSync,
  fchmodSync,
  fstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { CoreGenError } from "../errors.ts";
import { reasonOf } from "./file-errors.ts";

/**
 * Writes `contents` to `path`: whole, or not at all. A reader sees the old file or the new one, and a failure leaves the old.
 *
 * Throws a `CoreGenError` that says why it can't be written.
 */
export function writeOutput(path: string, contents: string | Uint8Array): void {
  try {
    const target = resolveLink(path);
    const old = statSync(target, { throwIfNoEntry: false });
    // A device or a pipe (/dev/stdout) can only be written to: a rename would replace it.
    if (old !== undefined && !old.isFile()) writeFileSync(target, contents);
    else replaceFile(target, contents, old);
  } catch (cause) {
    throw new CoreGenError("bad-input", `writing ${path}: ${reasonOf(cause)}`, { cause, hints: hintsFor(path) });
  }
}

function replaceFile(target: string, contents: string | Uint8Array, old: Stats | undefined): void {
  const draft = join(dirname(target), `.${basename(target).slice(0, 200)}.${process.pid}.tmp`);
  const file = openSync(draft, "wx");
  try {
    try {
      if (old !== undefined && old.mode !== fstatSync(file).mode) fchmodSync(file, old.mode & 0o7777);
      writeFileSync(file, contents);
    } finally {
      closeSync(file);
    }
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** A symbolic link stays one: what it points to is replaced. */
function resolveLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function hintsFor(path: string): string[] {
  const folder = dirname(path);
  const stats = statSync(folder, { throwIfNoEntry: false });
  return stats === undefined ? [`There is no folder ${folder}: make it first.`] : [];
}
