import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** The security modules that are active; in a virtual machine it may have to mount where the kernel says so. */
export function activeLsms(): string[] {
  const path = "/sys/kernel/security/lsm";
  if (!existsSync(path)) execFileSync("mount", ["-t", "securityfs", "securityfs", "/sys/kernel/security"]);
  return readFileSync(path, "utf8").trim().split(",");
}
