import { arch } from "node:os";

/** What BTFHub calls machines like this one: "x86_64", "arm64". */
export function machineName(): string {
  return arch() === "x64" ? "x86_64" : arch();
}
