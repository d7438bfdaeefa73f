import { release } from "node:os";

/** A kernel version: `[5, 15]`. */
export type KernelVersion = readonly [major: number, minor: number];

/** The release of the running kernel, as `uname -r` prints it. */
export function kernelRelease(): string {
  return release();
}

/** The version that a release begins with: `[6, 12]` for "6.12.107+deb13-cloud-amd64"; `[0, 0]` when there is none. */
export function parseVersion(text: string): KernelVersion {
  const match = /^(\d+)\.(\d+)/u.exec(text);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
}

/** Whether the running kernel calls itself this version or a later one. Vendors bring features to older versions, too. */
export function kernelIsAtLeast([major, minor]: KernelVersion): boolean {
  const [ourMajor, ourMinor] = parseVersion(kernelRelease());
  return ourMajor > major || (ourMajor === major && ourMinor >= minor);
}
