import { readFileSync } from "node:fs";

/** The version of this copy of core-gen: "0.1.0". */
export function ownVersion(): string {
  // Two folders up from src/generator as well as from dist/generator.
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  // Our own package.json: it has a version.
  return (manifest as { version: string }).version;
}
