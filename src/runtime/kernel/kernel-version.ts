import { readFileSync } from "node:fs";
import { release, version } from "node:os";

const UBUNTU = "/proc/version_signature";

/** `KERNEL_VERSION(a, b, c)` of the running kernel: what programs compare LINUX_KERNEL_VERSION with. 0 for a release without one. */
export function kernelVersionCode(): number {
  return versionCodeOf({ ubuntu: readUbuntuSignature(), version: version(), release: release() });
}

/** What a kernel says of itself: `uname -v`, `uname -r`, and Ubuntu's own file. */
export interface VersionTexts {
  readonly ubuntu: string | undefined;
  readonly version: string;
  readonly release: string;
}

/** Ubuntu and Debian say elsewhere which stable version their release is (libbpf: `get_kernel_version`). */
export function versionCodeOf({ ubuntu, version: built, release: name }: VersionTexts): number {
  const match =
    /^\s*\S+\s+\S+\s+(\d+)\.(\d+)\.(\d+)/u.exec(ubuntu ?? "") ??
    /Debian (\d+)\.(\d+)\.(\d+)/u.exec(built) ??
    /^(\d+)\.(\d+)\.(\d+)/u.exec(name);
  const [major, minor, patch] = [1, 2, 3].map((index) => Number(match?.[index] ?? 0)) as [number, number, number];
  // linux/version.h: the last number stays in its byte.
  return major * 65536 + minor * 256 + Math.min(patch, 255);
}

function readUbuntuSignature(): string | undefined {
  try {
    return readFileSync(UBUNTU, "latin1");
  } catch {
    return undefined;
  }
}
