import { existsSync, readFileSync, statSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import type { Btf } from "../../btf/btf.ts";
import { CoreGenError } from "../../errors.ts";
import { kernelBtf } from "./btf.ts";
import { kernelRelease } from "./release.ts";

/** Names the types to relocate against, where the kernel has none of its own or not the right ones. */
const VARIABLE = "CORE_GEN_BTF";

/**
 * The types to relocate against: those that the environment variable CORE_GEN_BTF names, or else the running kernel's.
 *
 * It names a file (BTF, or an ELF file with .BTF), or a folder with one for this kernel: RELEASE.btf, or
 * ID/VERSION_ID/ARCH/RELEASE.btf as in BTFHub's archive. They are for relocation alone (libbpf: `btf_custom_path`): what
 * programs attach to is looked up in the kernel's own. Throws a `CoreGenError` with code `no-kernel-btf` or `bad-btf`.
 */
export function targetBtf(): Btf {
  const path = process.env[VARIABLE];
  if (path === undefined || path === "") return kernelBtf();
  try {
    return kernelBtf({
      path: statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? inFolder(path) : path,
    });
  } catch (cause) {
    if (!(cause instanceof CoreGenError)) throw cause;
    const hints = [
      ...cause.hints,
      `${VARIABLE} is set to ${path}: correct it, or unset it to use the kernel's own types.`,
    ];
    throw new CoreGenError(cause.code, `reading the types that ${VARIABLE} names: ${cause.message}`, { hints, cause });
  }
}

function inFolder(folder: string): string {
  const release = kernelRelease();
  const places = btfPlaces(folder, release, osRelease());
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  const packed = places.map((place) => `${place}.tar.xz`).find((place) => existsSync(place));
  throw new CoreGenError("no-kernel-btf", `${folder} has no types for the running kernel (${release})`, {
    hints: [
      packed === undefined ? `Looked for: ${places.join("; ")}.` : `Unpack them first: tar -xJf ${packed} -C ${folder}`,
    ],
  });
}

/** Where a folder may have the types of a kernel: by its release alone, or as BTFHub's archive sorts them. */
export function btfPlaces(folder: string, release: string, os: ReadonlyMap<string, string>): string[] {
  const [id, version] = [os.get("ID"), os.get("VERSION_ID")];
  const file = `${release}.btf`;
  const machine = arch() === "x64" ? "x86_64" : arch();
  const sorted = id === undefined || version === undefined ? [] : [join(folder, id, version, machine, file)];
  return [join(folder, file), ...sorted];
}

function osRelease(): ReadonlyMap<string, string> {
  const path = ["/etc/os-release", "/usr/lib/os-release"].find((place) => existsSync(place));
  return path === undefined ? new Map() : parseOsRelease(readFileSync(path, "utf8"));
}

/** The assignments of os-release(5), without their quotes. */
export function parseOsRelease(text: string): Map<string, string> {
  const lines = text.matchAll(/^([A-Z_0-9]+)=(?:"([^"]*)"|'([^']*)'|(\S*))\s*$/gmu);
  return new Map([...lines].map(([, name = "", double, single, plain]) => [name, double ?? single ?? plain ?? ""]));
}
