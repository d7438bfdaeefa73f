import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CoreGenError } from "../../errors.ts";
import { machineName } from "./machine-name.ts";
import { kernelRelease } from "./release.ts";

/**
 * The file with the running kernel's types in a folder: RELEASE.btf, or ID/VERSION_ID/ARCH/RELEASE.btf as in BTFHub's
 * archive. Throws a `CoreGenError` with code `no-kernel-btf` that names every place.
 */
export function findInFolder(folder: string): string {
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
  const sorted = id === undefined || version === undefined ? [] : [join(folder, id, version, machineName(), file)];
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
