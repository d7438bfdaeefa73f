import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The licences of all packages that the files are of, as they ask for them to be with every copy. */
export function noticesOf(files: readonly string[]): string {
  const folders = new Set(files.map(packageOf).filter((folder) => folder !== undefined));
  return [...new Set([...folders].map(noticeOf))].sort().join("\n\n");
}

/** The folder of the package that a file is of; undefined for one of our own. */
function packageOf(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/u.exec(file)?.[0];
}

function noticeOf(folder: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  // npm installs no package without these.
  const { name, version } = manifest as { name: string; version: string };
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/iu.test(entry));
  if (file === undefined) throw new Error(`${folder} has no licence: it can't be copied into dist`);
  return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}
