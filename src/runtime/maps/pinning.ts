import { mkdirSync, rmdirSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { CoreGenError } from "../../errors.ts";
import type { Closeable } from "../close-stack.ts";
import { checkOnBpffs } from "../kernel/bpffs.ts";
import type { Fd } from "../sys/fd.ts";
import { pinObject } from "../sys/pin.ts";

/** Only for who made it, as libbpf has it (`make_parent_dir`). */
const FOLDER_MODE = 0o700;

/**
 * Pins a map at `path`, and makes the folders that are missing. Closing what is returned takes all of that back.
 *
 * Throws a `CoreGenError`: `bad-input` when the path is not in a BPF file system; a `KernelError` with errno EEXIST when
 * something is there already.
 */
export function pinAt(fd: Fd, path: string): Closeable {
  checkOnBpffs(path, `pinning ${fd.what} at ${path}`);
  const folders = makeFolders(dirname(path), fd.what);
  try {
    pinObject(fd, path);
  } catch (error) {
    removeFolders(folders);
    throw error;
  }
  return {
    close: () => {
      unlinkIfThere(path);
      removeFolders(folders);
    },
  };
}

/** Removes a pin; the map itself stays for as long as something holds it. */
export function unpinAt(path: string, what: string): void {
  const doing = `removing the pin of ${what} at ${path}`;
  checkOnBpffs(path, doing);
  try {
    unlinkSync(path);
  } catch (cause) {
    throw new CoreGenError(
      "bad-input",
      `${doing} failed: ${(cause as NodeJS.ErrnoException).code ?? "unknown error"}`,
      {
        cause,
      },
    );
  }
}

/** The name of a pin: the BPF file system keeps names with dots for itself (libbpf: `sanitize_pin_path`). */
export function pinName(name: string): string {
  return name.replaceAll(".", "_");
}

/** Returns the folders that were made, the outermost first. */
function makeFolders(folder: string, what: string): string[] {
  try {
    mkdirSync(folder, { mode: FOLDER_MODE });
    return [folder];
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") return [];
    if (code === "ENOENT" && dirname(folder) !== folder)
      return [...makeFolders(dirname(folder), what), ...makeFolders(folder, what)];
    throw new CoreGenError("bad-input", `making the folder ${folder} for the pin of ${what} failed: ${code ?? ""}`, {
      cause,
    });
  }
}

/** Folders in which others have put something since stay. */
function removeFolders(folders: readonly string[]): void {
  for (const folder of [...folders].reverse()) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody else has removed it.
  }
}
