import type { AttachTargetSetting } from "./load/types.ts";
import { Program } from "./program.ts";
import type { AttachTarget } from "./shape.ts";
import { show } from "./value-checks.ts";

/** An attach target of the user's, if it is one. Throws a TypeError for anything else. */
export function checkedTarget(program: string, target: AttachTarget): AttachTarget {
  const { function: name, program: other } = isObject(target) ? target : {};
  const isName = name === undefined || (typeof name === "string" && name !== "");
  const isProgram = other === undefined || other instanceof Program || (Number.isInteger(other) && other > 0);
  if (isName && isProgram && (name !== undefined || other !== undefined)) return { function: name, program: other };
  throw new TypeError(
    `program "${program}": attachTarget takes { function: "NAME" }, { program }, or both, not ${show(target)}`,
  );
}

function isObject(value: unknown): value is AttachTarget {
  return typeof value === "object" && value !== null;
}

/** The same for the loader. Throws a `CoreGenError` with code `closed` when the program's skeleton is closed. */
export function describeTarget({ function: name, program }: AttachTarget): AttachTargetSetting {
  return { function: name, program: program instanceof Program ? program.fd : program };
}
