import { readFileSync } from "node:fs";
import { CoreGenError } from "../errors.ts";
import { reasonOf } from "./file-errors.ts";

/** Throws a `CoreGenError` that says what has changed, unless `output` holds `text`, which `file` would be written as. */
export async function checkModule(file: string, output: string, text: string): Promise<void> {
  const committed = readModule(output);
  if (committed === text) return;
  const { describeLayoutChanges } = await import("../generator/compare-modules.ts");
  const changes = describeLayoutChanges(committed, text);
  throw new CoreGenError("bad-input", `${output} is not what core-gen writes from ${file}`, {
    hints: [
      ...changes,
      ...(changes.length === 0 ? ["No type in it has changed its layout."] : []),
      "Write it anew: the same command without --check.",
    ],
  });
}

function readModule(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CoreGenError("bad-input", `reading ${path}: ${reasonOf(cause)}`, {
      cause,
      hints: ["Without --check it is written."],
    });
  }
}
