import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const FOLDER = "/sys/kernel/security";

/** The security modules that are active. Where the kernel's word for it is not mounted, it is for the time of this call. */
export function activeLsms(): string[] {
  if (existsSync(`${FOLDER}/lsm`)) return readLsms();
  execFileSync("mount", ["-t", "securityfs", "securityfs", FOLDER]);
  try {
    return readLsms();
  } finally {
    // It would change what other tests of this machine see.
    execFileSync("umount", [FOLDER]);
  }
}

function readLsms(): string[] {
  return readFileSync(`${FOLDER}/lsm`, "utf8").trim().split(",");
}
