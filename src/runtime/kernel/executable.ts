import { accessSync, closeSync, constants, openSync } from "node:fs";
import { arch } from "node:os";
import { delimiter, join } from "node:path";
import { CoreGenError } from "../../errors.ts";
import { ElfFile } from "./elf-file.ts";
import { storedMember } from "./zip-member.ts";

/**
 * The path of an executable or shared library that is named as a shell and the dynamic loader would: what has no slash is
 * looked for among libraries if its name has ".so", and in PATH otherwise (libbpf: `resolve_full_path`).
 *
 * Throws a `CoreGenError` with code `bad-input` when there is none.
 */
export function findExecutable(name: string): string {
  if (name.includes("/")) return name;
  const isLibrary = /\.so(?:\.|$)/u.test(name);
  const folders = isLibrary ? libraryFolders() : [...foldersOf("PATH"), "/usr/bin", "/usr/sbin"];
  const mode = isLibrary ? constants.R_OK : constants.R_OK | constants.X_OK;
  const found = folders.map((folder) => join(folder, name)).find((path) => isAccessible(path, mode));
  if (found !== undefined) return found;
  throw new CoreGenError("bad-input", `looking for ${name}: it is in none of ${[...new Set(folders)].join(", ")}`, {
    hints: ["Give its path: /usr/bin/bash, for example."],
  });
}

/** Debian's folders of libraries are named for the machine. */
const machines: ReadonlyMap<string, string> = new Map([
  ["x64", "x86_64-linux-gnu"],
  ["arm64", "aarch64-linux-gnu"],
  ["s390x", "s390x-linux-gnu"],
]);

function libraryFolders(): string[] {
  const machine = machines.get(arch());
  const ofMachine = machine === undefined ? [] : [`/lib/${machine}`, `/usr/lib/${machine}`];
  return [...foldersOf("LD_LIBRARY_PATH"), "/usr/lib64", "/usr/lib", ...ofMachine];
}

function foldersOf(variable: string): string[] {
  return (process.env[variable] ?? "").split(delimiter).filter((folder) => folder !== "");
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** An executable or shared library that is open for reading. */
export interface Executable {
  readonly elf: ElfFile;
  /** Where the kernel finds it: the file, or the archive that it is in. */
  readonly file: string;
  /** Where in that file it begins, in bytes. */
  readonly start: number;
}

/** The file that the kernel sets probes in: of "app.apk!/lib/libc.so" the archive. */
export function fileOf(path: string): string {
  return splitArchive(path)?.archive ?? path;
}

/**
 * Reads an executable, a shared library, or one in a zip archive that is not packed, as Android has them:
 * "app.apk!/lib/arm64-v8a/libc.so". `doing` begins errors; throws a `CoreGenError` with code `bad-input`.
 */
export function withExecutable<T>(path: string, doing: string, use: (executable: Executable) => T): T {
  const { archive, member } = splitArchive(path) ?? {};
  return withFile(archive ?? path, doing, (fd) => {
    if (archive === undefined || member === undefined)
      return use({ elf: new ElfFile(fd, path, "bad-input"), file: path, start: 0 });
    const { bytes, start } = storedMember(fd, member, doing);
    return use({ elf: new ElfFile(bytes, path, "bad-input"), file: archive, start });
  });
}

function splitArchive(path: string): { readonly archive: string; readonly member: string } | undefined {
  const at = path.indexOf("!/");
  return at < 0 ? undefined : { archive: path.slice(0, at), member: path.slice(at + 2) };
}

function withFile<T>(path: string, doing: string, use: (fd: number) => T): T {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CoreGenError("bad-input", `${doing}: ${reason}`, { cause });
  }
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
