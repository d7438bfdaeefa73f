import type { AttachTargetSetting } from "./load/types.ts";
import type { Program } from "./programs/program.ts";
import type { AttachTarget } from "./shape.ts";
import { show } from "./value-checks.ts";

/** An attach target of the user's, if it is one. Throws a TypeError for anything else. */
export function checkedTarget(program: string, target: AttachTarget): AttachTarget {
  const { function: name, program: other } = isObject(target) ? target : {};
  const isName = name === undefined || (typeof name === "string" && name !== "");
  const isNumber = typeof other === "number" && Number.isInteger(other) && other > 0;
  if (isName && (other === undefined || isNumber || isProgram(other)) && (name !== undefined || other !== undefined))
    return { function: name, program: other };
  throw new TypeError(
    `program "${program}": attachTarget takes { function: "NAME" }, { program }, or both, not ${show(target)}`,
  );
}

function isObject(value: unknown): value is AttachTarget {
  return typeof value === "object" && value !== null;
}

/** By its looks: it may be of another copy of the package. */
function isProgram(value: unknown): value is Program {
  return typeof value === "object" && value !== null && "fd" in value && "section" in value;
}

/** The same for the loader. Throws a `CoreGenError` with code `closed` when the program's skeleton is closed. */
export function describeTarget({ function: name, program }: AttachTarget): AttachTargetSetting {
  return { function: name, program: typeof program === "object" ? program.fd : program };
}
